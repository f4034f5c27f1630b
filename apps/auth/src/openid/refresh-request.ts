import type { FastifyRequest } from 'fastify';
import { parse } from 'node:querystring';

/** A refresh that a request to the token endpoint asks for (RFC 6749 §6). */
export interface RefreshRequest {
  token: string;
  /** Whether nothing but the client and the token has to be checked: it brings no other parameters, credentials or proofs. */
  isPlain: boolean;
  /** The origin of the page that sends it; null if no page does. */
  origin: string | null;
}

const formType = /^application\/x-www-form-urlencoded(; ?charset=utf-8)?$/i;
const plainParameters = ['client_id', 'grant_type', 'refresh_token'];
const credentials = ['authorization', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop'];

/** The refresh that a request asks for, if any. The body is not parsed yet. */
export function refreshRequestOf({ headers, body }: FastifyRequest): RefreshRequest | undefined {
  if (!Buffer.isBuffer(body) || !formType.test(headers['content-type'] ?? '')) {
    return undefined;
  }
  // as the library parses it
  const form = parse(body.toString());
  const { grant_type, refresh_token: token } = form;
  if (grant_type !== 'refresh_token' || typeof token !== 'string') {
    return undefined;
  }
  const isPlain =
    Object.entries(form).every(([name, value]) => plainParameters.includes(name) && typeof value === 'string') &&
    credentials.every((name) => headers[name] === undefined);
  return { token, isPlain, origin: headers.origin ?? null };
}
