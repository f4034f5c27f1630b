import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';

/** How a body parser tells its result. */
export type BodyDone = (error: Error | null, body?: unknown) => void;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * A body parser that refuses what Fastify's own lets pass: bytes that are not UTF-8 (RFC 8259 §8.1) and
 * U+0000, which PostgreSQL cannot store. An empty body is no body.
 */
export function parseJsonBody(fastify: FastifyInstance) {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  return (request: FastifyRequest, bytes: Buffer, done: BodyDone): void => {
    if (bytes.length === 0) {
      done(null);
      return;
    }
    const text = decodeUtf8(bytes);
    if (text === undefined) {
      done(problems.malformedJson.exception({ detail: 'The body is not UTF-8.' }));
      return;
    }
    void parse(request, text, (error: Error | null, body?: unknown) => {
      if (error) {
        done(problems.malformedJson.exception({ cause: error }));
      } else if (hasUnstorableText(body)) {
        done(problems.validationFailed.exception({ detail: 'Text must be well-formed and without U+0000.' }));
      } else {
        done(null, body);
      }
    });
  };
}

/** The text, or nothing where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a value has text in it that PostgreSQL can't store or that is not well-formed. */
export function hasUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed();
  }
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return Object.entries(value).some(([key, child]) => hasUnstorableText(key) || hasUnstorableText(child));
}
