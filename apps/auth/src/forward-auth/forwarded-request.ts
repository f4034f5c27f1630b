import type { FastifyRequest } from 'fastify';
import { forwardedRequestInvalid } from './forward-auth.problems.ts';

/** The request that a gateway asks about, as its client has sent it. */
export interface ForwardedRequest {
  method: string;
  /** Path and query. */
  uri: string;
}

/** The headers by which services learn who calls. */
export const identityHeaders = ['x-auth-subject', 'x-auth-email', 'x-auth-roles'];

/** Names that some servers take for one of {@link identityHeaders}, as those do that pass on headers as variables (RFC 3875 §4.1.18). */
const lookalike = /^x[^a-z0-9]auth[^a-z0-9](subject|email|roles)$/;

const methodPattern = /^[A-Z]{1,20}$/;
/** A path of this host, in the characters of a URL: `//` and `/\` begin one of another host. */
const uriPattern = /^\/(?![/\\])[!-"$-~]*$/;

/**
 * A segment that leads elsewhere (RFC 3986 §5.2.4), in any spelling that a server may resolve. A gateway that chooses the route by the
 * resolved path, but passes on the one that was sent, would check another than the one that is served.
 */
const dotSegment = /(?:[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?=$|[/\\;]|%2f|%5c|%3b)/i;

/**
 * The request that Traefik's ForwardAuth, and whatever else sends these headers, asks about.
 * @param host the only one that is served
 * @throws ProblemException `forwarded_request_invalid`
 */
export function fromHeaders({ headers }: FastifyRequest, host: string): ForwardedRequest {
  return validated(headers, host, {
    host: headers['x-forwarded-host'],
    method: headers['x-forwarded-method'],
    uri: headers['x-forwarded-uri'],
  });
}

/**
 * The request that Envoy asks about: its own method and host, and its path behind a prefix.
 * @throws ProblemException `forwarded_request_invalid`
 */
export function fromPath({ headers, method, url }: FastifyRequest, host: string): ForwardedRequest {
  return validated(headers, host, { host: headers.host, method, uri: url.replace(/^\/auth\/ext-authz\/[^/]+/, '') });
}

function validated(
  headers: FastifyRequest['headers'],
  host: string,
  { method, uri, host: asked }: Record<'host' | 'method' | 'uri', string | string[] | undefined>,
): ForwardedRequest {
  const isForged = Object.keys(headers).some((name) => lookalike.test(name) && !identityHeaders.includes(name));
  const isPlain = isText(uri, uriPattern) && !dotSegment.test(uri.split('?', 1)[0] ?? '');
  if (isForged || asked !== host || !isText(method, methodPattern) || !isPlain) {
    throw forwardedRequestInvalid.exception();
  }
  return { method, uri };
}

const isText = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value);
