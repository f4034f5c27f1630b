import { RequestMethod, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';
import { isPage } from './oauth-form.ts';

/**
 * Rejects a query string or body that the handler does not declare. Declared ones are validated by their schema. Pages ignore what
 * they do not know, because links to them may carry more.
 */
export class UndeclaredInputGuard implements CanActivate {
  private readonly declared = new WeakMap<object, Declared>();

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isPage(request)) {
      return true;
    }
    const handler = context.getHandler();
    let declared = this.declared.get(handler);
    if (declared === undefined) {
      declared = declaredInputs(context.getClass(), handler);
      this.declared.set(handler, declared);
    }
    const { query, body } = request;
    if (!declared.query && Object.keys(query as object).length > 0) {
      throw problems.validationFailed.exception({ errors: [{ path: 'query', message: 'must be empty' }] });
    }
    if (!declared.body && body !== undefined && body !== null) {
      throw problems.validationFailed.exception({ errors: [{ path: 'body', message: 'must be empty' }] });
    }
    return true;
  }
}

interface Declared {
  query: boolean;
  body: boolean;
}

function declaredInputs(controller: object, handler: { name: string }): Declared {
  if (Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.ALL) {
    return { query: true, body: true };
  }
  const declarations = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) ?? {}) as object;
  // the keys are `<parameter type>:<index>`, those of custom decorators `<random characters>__customRouteArgs__:<index>`
  const types = new Set(Object.keys(declarations).map((key) => Number(/^(\d+):\d+$/.exec(key)?.[1])));
  return { query: types.has(RouteParamtypes.QUERY), body: types.has(RouteParamtypes.BODY) };
}
