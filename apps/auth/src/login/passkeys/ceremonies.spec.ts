import { expect, it } from 'vitest';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { authSettings, type AuthConfig } from '../../config.ts';
import { Ceremonies } from './ceremonies.ts';
import type { Passkey } from './passkey.entity.ts';

const androidApp = `android:apk-key-hash:${'A'.repeat(43)}`;
const origin = 'https://app.example.com';
const settings = authSettings
  .pick({ WEBAUTHN_RP_ID: true, WEBAUTHN_ORIGINS: true })
  .parse({ WEBAUTHN_RP_ID: 'example.com', WEBAUTHN_ORIGINS: `${origin},${androidApp}` });
const ceremonies = new Ceremonies(settings as AuthConfig);

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
const challenge = 'Y2hhbGxlbmdl';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
const coordinate = (text: string) => Buffer.from(text, 'base64url');
/** A COSE_Key (RFC 9053 §7.1) for ES256. */
const coseKey = Buffer.concat([
  Buffer.from('a5010203262001215820', 'hex'),
  coordinate(x),
  Buffer.from('225820', 'hex'),
  coordinate(y),
]);
const id = Buffer.alloc(16, 1);
const credential = { id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' as const };
const present = 0x05;
const withKey = 0x45;

const clientData = (type: string, members: object) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...members }));
const authenticatorData = (flags: number, ...rest: Buffer[]) =>
  Buffer.concat([sha256('example.com'), Buffer.of(flags, 0, 0, 0, 1), ...rest]);

const logIn = (members: object) => {
  const [data, json] = [authenticatorData(present), clientData('webauthn.get', members)];
  const signature = sign('sha256', Buffer.concat([data, sha256(json)]), privateKey).toString('base64url');
  const response = {
    clientDataJSON: json.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature,
  };
  return ceremonies.verifyLogin({ credential: { ...credential, response } }, challenge, {
    publicKey: coseKey,
  } as unknown as Passkey);
};

/** @param statement CBOR of `fmt` and `attStmt` */
const register = (members: object, statement: (signature: Buffer) => Buffer) => {
  const data = authenticatorData(withKey, Buffer.alloc(16), Buffer.of(0, id.length), id, coseKey);
  const json = clientData('webauthn.create', members);
  const signature = sign('sha256', Buffer.concat([data, sha256(json)]), privateKey);
  const attestationObject = Buffer.concat([
    Buffer.of(0xa3),
    statement(signature),
    Buffer.from('hauthData'),
    Buffer.of(0x58, data.length),
    data,
  ]);
  const response = {
    clientDataJSON: json.toString('base64url'),
    attestationObject: attestationObject.toString('base64url'),
    transports: [],
  };
  return ceremonies.verifyCreation({ name: 'key', credential: { ...credential, response } }, challenge);
};
const none = () => Buffer.from('cfmtdnonegattStmt\xa0', 'latin1');
const packed = (signature: Buffer) =>
  Buffer.concat([
    Buffer.from('cfmtfpackedgattStmt\xa2calg\x26csig\x58', 'latin1'),
    Buffer.of(signature.length),
    signature,
  ]);

it('accepts a login from a page and from an Android app of the settings', async () => {
  expect(await logIn({})).toBe(1);
  expect(await logIn({ origin: androidApp })).toBe(1);
  expect(await logIn({ origin: `android:apk-key-hash:${'B'.repeat(43)}` })).toBeUndefined();
});

it.each([{ crossOrigin: true }, { topOrigin: 'https://other.example' }])(
  'refuses a ceremony in a frame of another origin: %j',
  async (members) => {
    expect(await logIn(members)).toBeUndefined();
    expect(await register(members, none)).toBeUndefined();
  },
);

it('interprets no attestation statement', async () => {
  for (const statement of [none, packed, () => packed(Buffer.alloc(70))]) {
    expect(await register({}, statement)).toMatchObject({ fmt: 'none', credential: { id: credential.id } });
  }
});
