import { createHash, createHmac, randomBytes } from 'node:crypto';

const secretBytes = 32;

/**
 * What one sign-in at a provider consists of. All of it is derived from the secret in the browser's cookie, so that nothing
 * of it has to be stored, and nobody without the cookie can finish what its owner began.
 */
export interface FlowSecrets {
  /** For the cookie alone. */
  secret: string;
  /** Travels by the provider and back. */
  state: string;
  /** Comes back inside the ID token. */
  nonce: string;
  /** Proves to the provider that who brings the code is who asked for it (RFC 7636). */
  codeVerifier: string;
}

/** Secrets for a new flow. */
export function newFlowSecrets(): FlowSecrets {
  return deriveFlowSecrets(randomBytes(secretBytes).toString('base64url'));
}

/** The flow of a cookie; of a forged one the secrets are as good as random. */
export function deriveFlowSecrets(secret: string): FlowSecrets {
  const derive = (purpose: string) => createHmac('sha256', secret).update(purpose).digest('base64url');
  return { secret, state: derive('state'), nonce: derive('nonce'), codeVerifier: derive('code verifier') };
}

/** What is stored of a state. */
export const stateHash = (state: string) => createHash('sha256').update(state).digest();
