import { RequestMethod, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';

/** Refuses a query or a body where the handler declares none; declared ones are validated by their schema. */
export class UndeclaredInputGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    if (Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.ALL) {
      return true;
    }
    const declared = declaredInputs(context.getClass(), handler.name);
    const { query, body } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!declared.has(RouteParamtypes.QUERY) && Object.keys(query as object).length > 0) {
      throw problems.validationFailed.exception({ errors: [{ path: 'query', message: 'no query is expected here' }] });
    }
    if (!declared.has(RouteParamtypes.BODY) && body !== undefined && body !== null) {
      throw problems.validationFailed.exception({ errors: [{ path: 'body', message: 'no body is expected here' }] });
    }
    return true;
  }
}

function declaredInputs(controller: object, method: string): Set<number> {
  const declarations = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as object;
  // the keys are `<parameter type>:<index>`
  return new Set(Object.keys(declarations).map((key) => Number.parseInt(key, 10)));
}
