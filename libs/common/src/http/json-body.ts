import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';

/** Callback of a Fastify body parser. */
export type BodyDone = (error: Error | null, body?: unknown) => void;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Creates a JSON body parser that is stricter than Fastify's: it rejects invalid UTF-8 (RFC 8259 §8.1) and U+0000, which
 * PostgreSQL cannot store. An empty body counts as no body.
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
        done(
          problems.validationFailed.exception({ detail: 'Strings must be well-formed and must not contain U+0000.' }),
        );
      } else {
        done(null, body);
      }
    });
  };
}

/** Decodes UTF-8; returns undefined for invalid bytes. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a value contains strings that PostgreSQL cannot store: U+0000 or lone surrogates. */
export function hasUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed();
  }
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return Object.entries(value).some(([key, child]) => hasUnstorableText(key) || hasUnstorableText(child));
}
