import { problems } from '#common';
import type { ClientCredentials } from './client-tokens.schema.ts';

/** The credentials that a client presents. */
export interface PresentedClient {
  /** Id of the service account. */
  id: string;
  /** The API key. */
  key: string;
}

/**
 * Reads a client's credentials from the `authorization` header (HTTP Basic with both parts form-encoded) or from the form
 * (RFC 6749 §2.3.1).
 * @throws ProblemException `validation_failed` if both are present, or name different clients
 */
export function presentedClient(
  { client_id: id = '', client_secret: key = '' }: ClientCredentials,
  authorization: string | undefined,
): PresentedClient {
  if (authorization === undefined) {
    return { id, key };
  }
  if (key !== '') {
    const errors = [{ path: 'body.client_secret', message: 'must not be sent together with an authorization header' }];
    throw problems.validationFailed.exception({ errors });
  }
  const encoded = /^basic +([\w+/]+=*)$/i.exec(authorization)?.[1] ?? '';
  const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  const client = { id: formDecode(name), key: formDecode(rest.join(':')) };
  if (id !== '' && id !== client.id) {
    const errors = [{ path: 'body.client_id', message: 'must be the user of the authorization header' }];
    throw problems.validationFailed.exception({ errors });
  }
  return client;
}

function formDecode(text: string): string {
  return new URLSearchParams(`text=${text.replaceAll('&', '%26')}`).get('text') ?? '';
}
