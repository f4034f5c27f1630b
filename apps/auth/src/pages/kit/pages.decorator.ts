import { Public } from '#common';
import {
  applyDecorators,
  Controller,
  createParamDecorator,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { PageInterceptor } from './page.interceptor.ts';
import { SeeOtherFilter } from './see-other.filter.ts';
import { PageGuard, SessionGuard } from './page.guard.ts';
import type { Page } from './page.ts';

/** Marks a controller of pages. Its handlers get a {@link Page}, and return HTML or a {@link SeeOther}. */
export const Pages = (path = ''): ClassDecorator =>
  applyDecorators(
    markRoutes,
    Public(),
    ApiExcludeController(),
    UseGuards(PageGuard),
    UseInterceptors(PageInterceptor),
    UseFilters(SeeOtherFilter),
    Controller(path),
  );

/** Requires that the browser holds a session; otherwise it goes to the login and comes back. */
export const SignedIn = (): ClassDecorator & MethodDecorator => UseGuards(SessionGuard);

/** Injects the request's {@link Page}. */
export const CurrentPage = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Page =>
    context.switchToHttp().getRequest<FastifyRequest & { page: Page }>().page,
);

/** Marks the routes of a controller as pages, and keeps what their own decorators say. */
function markRoutes({ prototype }: { prototype: object }): void {
  const handlers = Object.values(Object.getOwnPropertyDescriptors(prototype)).map(({ value }) => value as unknown);
  for (const handler of handlers.filter((value) => typeof value === 'function')) {
    const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as object | undefined;
    Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...config, page: true }, handler);
  }
}
