import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route takes lines of JSON; set by {@link NdjsonBody}. */
    ndjson?: boolean;
  }
}

const ndjsonType = 'application/x-ndjson';

/** Marks a route that takes lines of JSON (NDJSON), which its handler reads by {@link BodyStream}. */
export const NdjsonBody = (example: object): MethodDecorator =>
  applyDecorators(
    RouteConfig({ ndjson: true }),
    ApiConsumes(ndjsonType),
    ApiBody({ schema: { type: 'string', example: `${JSON.stringify(example)}\n` } }),
  );

/** Injects the body of a {@link NdjsonBody} route as a stream of at most so many bytes. Guards run before it is read. */
export const BodyStream = createParamDecorator((maxBytes: number, context: ExecutionContext) => {
  const http = context.switchToHttp();
  const request = http.getRequest<FastifyRequest>();
  if (!request.headers['content-type']?.toLowerCase().startsWith(ndjsonType)) {
    throw problems.ndjsonRequired.exception();
  }
  return readBody(request, http.getResponse<FastifyReply>(), maxBytes);
});

const takesNdjson = (request: FastifyRequest): boolean => request.routeOptions.config.ndjson === true;

/** Accepts NDJSON on {@link NdjsonBody} routes only. The parser leaves it unread. */
export function acceptNdjson(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(ndjsonType, (request, _payload, done) => {
    done(takesNdjson(request) ? null : problems.unsupportedMediaType.exception());
  });
}

async function* readBody(
  { raw, headers }: FastifyRequest,
  reply: FastifyReply,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const assertFits = (bytes: number) => {
    if (bytes > maxBytes) {
      throw problems.bodyTooLarge.exception({ detail: `At most ${String(maxBytes)} bytes are allowed.` });
    }
  };
  let isRead = false;
  try {
    assertFits(Number(headers['content-length'] ?? 0));
    // not by `for await`: a loop that is left destroys the connection, and with it the response
    const chunks = raw[Symbol.asyncIterator]();
    for (let bytes = 0; ;) {
      const { done, value } = (await chunks.next().catch((cause: unknown) => {
        throw problems.badRequest.exception({ cause });
      })) as IteratorResult<Buffer, undefined>;
      if (done) {
        isRead = true;
        return;
      }
      bytes += value.length;
      assertFits(bytes);
      yield value;
    }
  } finally {
    if (!isRead) {
      // nobody reads the rest, so that no other request can follow it
      reply.header('connection', 'close');
    }
  }
}
