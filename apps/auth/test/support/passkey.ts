import { generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import { parse as parseUuid } from 'uuid';
import type { Client } from './client.ts';
import type { TestService } from './service.ts';

const sha256 = (data: string | Buffer) => hash('sha256', data, 'buffer');

/**
 * Gives an account a passkey without a browser.
 * @returns signs in by it: what a browser answers to the options that the service gives (Web Authentication Level 3 §7.2), as JSON
 */
export async function newPasskey({ database, config, url }: TestService, client: Client, accountId: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const [head, middle] = [Buffer.from('a5010203262001215820', 'hex'), Buffer.from('225820', 'hex')];
  const cose = Buffer.concat([head, Buffer.from(x, 'base64url'), middle, Buffer.from(y, 'base64url')]);
  const credentialId = randomBytes(16);
  await database.query(
    `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, name, transports, synced)
     VALUES (gen_random_uuid(), $1, $2, $3, 0, 'Key', '{}', false)`,
    [accountId, credentialId, cose],
  );
  const counter = Buffer.alloc(4);
  return async (): Promise<string> => {
    const { challenge } = (await client.call('POST', '/auth/login/passkey/options')).body;
    const clientData = JSON.stringify({ type: 'webauthn.get', challenge, origin: url, crossOrigin: false });
    counter.writeUInt32BE(counter.readUInt32BE() + 1);
    // the owner is present and verified
    const authenticatorData = Buffer.concat([sha256(config.WEBAUTHN_RP_ID), Buffer.from([5]), counter]);
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), privateKey);
    const id = credentialId.toString('base64url');
    const response = {
      clientDataJSON: Buffer.from(clientData).toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: Buffer.from(parseUuid(accountId)).toString('base64url'),
    };
    return JSON.stringify({ id, rawId: id, type: 'public-key', response });
  };
}
