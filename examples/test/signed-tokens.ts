import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { TestService } from '../../apps/auth/test/support/service.ts';
import { Keyring } from '../../apps/auth/src/keyring/index.ts';

/** What makes a token differ from a good one; undefined leaves a claim out. */
export interface Changes {
  header?: Partial<JWTHeaderParameters>;
  claims?: JWTPayload;
  key?: KeyObject;
}

/** Signs changed copies of a good token by the service's own key, so that nothing but the change is wrong with them. */
export async function tokenSigner(
  service: TestService,
  token: string,
): Promise<(changes?: Changes) => Promise<string>> {
  const original = decodeProtectedHeader(token) as JWTHeaderParameters;
  const { rows } = await service.database.query<{ kid: string; private_key: Buffer }>(
    'SELECT kid, private_key FROM signing_key WHERE kid = $1',
    [original.kid],
  );
  const [{ kid, private_key: sealed }] = rows as [(typeof rows)[0]];
  const pkcs8 = new Keyring(service.config).decrypt(sealed, kid);
  const signingKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return ({ header, claims, key = signingKey } = {}) =>
    new SignJWT({ ...decodeJwt(token), ...claims }).setProtectedHeader({ ...original, ...header }).sign(key);
}
