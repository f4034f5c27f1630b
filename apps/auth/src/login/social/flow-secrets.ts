import { createHash, createHmac, randomBytes } from 'node:crypto';

const secretBytes = 32;

/**
 * The secrets of one flow at an OpenID provider. All are derived from the secret in the browser's cookie, so none is stored,
 * and only the browser with the cookie can complete the flow.
 */
export interface FlowSecrets {
  /** Only in the cookie. */
  secret: string;
  /** Goes to the provider and comes back in its response (RFC 6749 §4.1.1). */
  state: string;
  /** Comes back in the ID token (OpenID Connect Core 1.0 §3.1.2.1). */
  nonce: string;
  /** Proves to the provider that the same client requested and exchanges the code (RFC 7636). */
  codeVerifier: string;
}

/** Secrets for a new flow. */
export function newFlowSecrets(): FlowSecrets {
  return deriveFlowSecrets(randomBytes(secretBytes).toString('base64url'));
}

/** Derives a flow's secrets from that of its cookie. A forged cookie yields secrets that match no flow. */
export function deriveFlowSecrets(secret: string): FlowSecrets {
  const derive = (purpose: string) => createHmac('sha256', secret).update(purpose).digest('base64url');
  return { secret, state: derive('state'), nonce: derive('nonce'), codeVerifier: derive('code verifier') };
}

/** The stored form of a state: its SHA-256. */
export const stateHash = (state: string) => createHash('sha256').update(state).digest();
