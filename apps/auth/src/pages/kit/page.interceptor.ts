import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { SeeOther, type Html } from './page.ts';

type PageResult = Html | SeeOther | StreamableFile;

/** Sends what a page's handler returns: HTML, a download, or the browser to another page. */
@Injectable()
export class PageInterceptor implements NestInterceptor<PageResult, string | StreamableFile> {
  intercept(context: ExecutionContext, next: CallHandler<PageResult>): Observable<string | StreamableFile> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (result) => {
        if (result instanceof SeeOther) {
          throw result;
        }
        if (result instanceof StreamableFile) {
          return result;
        }
        if (reply.statusCode === 201) {
          reply.status(200);
        }
        reply.type('text/html; charset=utf-8');
        return `<!doctype html>${String(await result)}`;
      }),
    );
  }
}
