import { Body, Controller, createParamDecorator, Post, Query } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { describe, expect, it } from 'vitest';
import type { ProblemException } from '../errors/problem.ts';
import { UndeclaredInputGuard } from './undeclared-input.guard.ts';

const Custom = createParamDecorator(() => undefined);

@Controller()
class TestController {
  @Post()
  none(@Custom() custom: unknown) {
    return custom;
  }

  @Post()
  both(@Query() query: unknown, @Body() body: unknown, @Custom() custom: unknown) {
    return { query, body, custom };
  }
}

type Handler = 'none' | 'both';

/** Replaces the random prefix in the metadata keys of custom decorators. */
function setCustomPrefix(handler: Handler, prefix: string): void {
  const declarations = Reflect.getMetadata(ROUTE_ARGS_METADATA, TestController, handler) as object;
  const renamed = Object.entries(declarations).map(([key, value]) => [
    key.replace(/^.*(?=__customRouteArgs__)/, prefix),
    value,
  ]);
  Reflect.defineMetadata(ROUTE_ARGS_METADATA, Object.fromEntries(renamed), TestController, handler);
}

/** The path of the rejected input, or undefined if the guard accepts it. */
function rejectedPath(handler: Handler, query: object, body: unknown): string | undefined {
  const context = new ExecutionContextHost(
    [{ query, body, routeOptions: { config: {} } }],
    TestController,
    Reflect.get(TestController.prototype, handler),
  );
  try {
    new UndeclaredInputGuard().canActivate(context);
    return undefined;
  } catch (error) {
    return (error as ProblemException).extras.errors?.[0]?.path;
  }
}

// Nest prefixes the keys of custom decorators with random characters; 3 and 4 are the types of bodies and queries
describe.each(['3a9f', '4c01', '3', '4', 'ffff'])('with a custom decorator whose key begins with %s', (prefix) => {
  it('rejects an undeclared query string and an undeclared body', () => {
    setCustomPrefix('none', prefix);
    expect(rejectedPath('none', {}, undefined)).toBeUndefined();
    expect(rejectedPath('none', { a: '1' }, undefined)).toBe('query');
    expect(rejectedPath('none', {}, {})).toBe('body');
  });

  it('accepts a declared query string and a declared body', () => {
    setCustomPrefix('both', prefix);
    expect(rejectedPath('both', { a: '1' }, {})).toBeUndefined();
  });
});
