import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';

type Done = (error: Error | null, body?: unknown) => void;

/**
 * A body parser that refuses what Fastify's own lets pass: bytes that are not UTF-8 (RFC 8259 §8.1) and
 * U+0000, which PostgreSQL cannot store. An empty body is no body.
 */
export function parseJsonBody(fastify: FastifyInstance) {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (request: FastifyRequest, bytes: Buffer, done: Done): void => {
    if (bytes.length === 0) {
      done(null);
      return;
    }
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
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

function hasUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed();
  }
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return Object.entries(value).some(([key, child]) => hasUnstorableText(key) || hasUnstorableText(child));
}
