import type { IncomingHttpHeaders } from 'node:http';

/** An access token, and the scheme by which a request presents it. */
export interface Credentials {
  /** A `DPoP` token is bound to a key of its client (RFC 9449 §7.1), a `Bearer` token is not (RFC 6750 §2.1). */
  scheme: 'Bearer' | 'DPoP';
  token: string;
}

/** Signature algorithms of proofs: those that the OpenID provider accepts too. */
export const proofAlgorithms = ['ES256', 'Ed25519', 'EdDSA'];

const prefix = /^(bearer|dpop)\s+/i;

/** The credentials of a request; undefined without any. */
export function credentialsOf({ headers }: { headers: IncomingHttpHeaders }): Credentials | undefined {
  const { authorization = '' } = headers;
  const [matched = '', scheme] = prefix.exec(authorization) ?? [];
  return scheme === undefined
    ? undefined
    : { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token: authorization.slice(matched.length) };
}

/**
 * A `WWW-Authenticate` challenge (RFC 6750 §3, RFC 9449 §7.1).
 * @param parameters such as `error="invalid_token"`
 */
export function challengeOf(scheme: Credentials['scheme'], parameters?: string): string {
  const algorithms = scheme === 'DPoP' ? `algs="${proofAlgorithms.join(' ')}"` : undefined;
  return [scheme, [parameters, algorithms].filter((part) => part !== undefined).join(', ')].join(' ').trimEnd();
}

/** A challenge in the scheme by which a request presents its token. */
export const challengeTo = (request: { headers: IncomingHttpHeaders }, parameters: string): string =>
  challengeOf(credentialsOf(request)?.scheme ?? 'Bearer', parameters);
