import { beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { Client, type Login } from '../../apps/auth/test/support/client.ts';
import { startTestService, type TestService } from '../../apps/auth/test/support/service.ts';
import { nest, python, startNotes } from './notes.ts';
import { tokenSigner, type Changes } from './signed-tokens.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) {
  process.stderr.write('python-service is not tested: there is no python3\n');
}

let auth: TestService;
let login: Login;
let signed: (changes?: Changes) => Promise<string>;

beforeAll(async () => {
  auth = await startTestService();
  login = await new Client(auth.url).newAccount();
  signed = await tokenSigner(auth, login.accessToken);
});

describe.each(hasPython ? [nest, python] : [nest])('$name', (example) => {
  let notesUrl: string;
  const call = async (token?: string, url = notesUrl) => {
    const response = await fetch(
      `${url}/notes`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
    return {
      status: response.status,
      body: await response.json(),
      challenge: response.headers.get('www-authenticate'),
    };
  };

  beforeAll(async () => {
    await example.prepare();
    notesUrl = await startNotes(example, auth);
  });

  it('identifies the caller by a valid access token', async () => {
    const { body: me } = await new Client(auth.url).me(login.accessToken);
    expect(await call(login.accessToken)).toMatchObject({ status: 200, body: { owner: me.id } });
    // what is rejected below is rejected for its change alone
    expect((await call(await signed())).status).toBe(200);
  });

  it('rejects a call without a token', async () => {
    expect(await call()).toMatchObject({
      status: 401,
      body: { code: 'token_missing' },
      challenge: expect.stringMatching(/^Bearer/),
    });
  });

  it('rejects a token whose claims were changed after it was signed', async () => {
    const [header, , signature] = login.accessToken.split('.');
    const [, claims] = (await signed({ claims: { roles: ['admin'] } })).split('.');
    expect((await call([header, claims, signature].join('.'))).status).toBe(401);
  });

  const past = Math.floor(Date.now() / 1000) - 60;
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each<[string, Changes]>([
    ['has expired', { claims: { exp: past } }],
    ['never expires', { claims: { exp: undefined } }],
    ['is for another audience', { claims: { aud: 'another-audience' } }],
    ['is from another issuer', { claims: { iss: 'https://issuer.example.com' } }],
    ['is not an access token', { header: { typ: 'JWT' } }],
    ['has no session', { claims: { sid: undefined } }],
    ['is bound to a key', { claims: { cnf: { jkt: 'thumbprint' } } }],
    ['is signed by a key that is not published', { key: stranger }],
    ['names a key that is not published', { header: { kid: 'unknown' } }],
  ])('rejects a token that %s', async (_name, changes) => {
    expect((await call(await signed(changes))).status).toBe(401);
  });

  it('rejects a token without a signature, and text that is no token', async () => {
    const [header = '', claims] = login.accessToken.split('.');
    const unsigned = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'none' };
    const unsignedHeader = Buffer.from(JSON.stringify(unsigned)).toString('base64url');
    expect((await call(`${unsignedHeader}.${claims}.`)).status).toBe(401);
    expect((await call('no-token')).status).toBe(401);
  });

  it('responds 503 while the keys cannot be fetched', async () => {
    const cutOffUrl = await startNotes(example, { ...auth, url: 'http://127.0.0.1:9' });
    const answer = { status: 503, body: { code: 'keys_unavailable' } };
    expect(await call(login.accessToken, cutOffUrl)).toMatchObject(answer);
  });
});
