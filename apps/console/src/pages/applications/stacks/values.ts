import type { Application } from '#client';

/** What a snippet fills in. */
export interface Values {
  issuer: string;
  clientId: string;
  redirectUri: string;
  scope: string;
  /** Resource server that tokens are for, if the application has one. */
  resource: string | undefined;
  algorithm: Application['id_token_signed_response_alg'];
  /** Whether the application signs assertions instead of sending a secret. */
  hasKeys: boolean;
}

/** A literal of JavaScript, Python, Go, Java and YAML. */
export const quoted = (text: string): string => JSON.stringify(text);
