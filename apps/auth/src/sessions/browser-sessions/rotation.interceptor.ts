import type { Principal } from '#common';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { BrowserSessionsService } from './browser-sessions.service.ts';
import { ROTATES_BROWSER_SESSION } from '../index.ts';

/**
 * Enforces `@RotatesBrowserSession()`. A browser that sends the cookie gets the new value, also if the request is refused: the earlier
 * one must be useless before the change happens. If the request comes without the session's present cookie, somebody else holds that one,
 * and it ends after the change.
 */
@Injectable()
export class RotationInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly sessions: BrowserSessionsService,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const isMarked = this.reflector.get<boolean | undefined>(ROTATES_BROWSER_SESSION, context.getHandler());
    return isMarked ? this.rotate(context, next) : next.handle();
  }

  private async rotate(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const { user, headers } = http.getRequest<FastifyRequest & { user: Principal }>();
    const setCookie = await this.sessions.rotate(user, headers.cookie);
    if (setCookie !== undefined) {
      http.getResponse<FastifyReply>().header('set-cookie', setCookie);
      return next.handle();
    }
    return next.handle().pipe(
      mergeMap(async (result: unknown) => {
        await this.sessions.endCookie(user);
        return result;
      }),
    );
  }
}
