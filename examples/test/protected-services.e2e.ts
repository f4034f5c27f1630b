import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type Login } from '../../apps/auth/test/support/client.ts';
import { startTestService, type TestService } from '../../apps/auth/test/support/service.ts';
import { root, run, start } from './process.ts';
import { tokenSigner, type Changes } from './signed-tokens.ts';

// TypeScript is compiled, and packages are downloaded
jest.setTimeout(180_000);

/** An example: how it is made ready, and the command that starts it. */
interface Example {
  name: string;
  prepare: () => Promise<void>;
  command: [program: string, script: string];
}

const nest: Example = {
  name: 'nest-service',
  prepare: () => succeed('npx', ['tsc', '-p', 'examples/nest-service/tsconfig.app.json']),
  command: [process.execPath, 'dist/examples/nest-service/main.js'],
};

const environment = '.cache/python-service';
const python: Example = {
  name: 'python-service',
  async prepare() {
    if (!existsSync(join(root, environment, 'bin/pip'))) {
      await succeed('python3', ['-m', 'venv', environment]);
    }
    await succeed(`${environment}/bin/pip`, ['install', '-q', '-r', 'examples/python-service/requirements.txt']);
  },
  command: [`${environment}/bin/python`, 'examples/python-service/service.py'],
};

async function succeed(command: string, args: string[]): Promise<void> {
  expect(await run(command, args)).toMatchObject({ code: 0 });
}

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

describe.each(hasPython ? [nest, python] : [nest])('$name', ({ prepare, command: [program, script] }) => {
  let notesUrl: string;
  const startNotes = (authUrl: string) => {
    const { TOKEN_ISSUER, TOKEN_AUDIENCE } = auth.config;
    const settings = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', TOKEN_ISSUER, TOKEN_AUDIENCE };
    return start(program, [script], { ...settings, AUTH_URL: authUrl });
  };
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
    await prepare();
    notesUrl = await startNotes(auth.url);
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
    const cutOffUrl = await startNotes('http://127.0.0.1:9');
    const answer = { status: 503, body: { code: 'keys_unavailable' } };
    expect(await call(login.accessToken, cutOffUrl)).toMatchObject(answer);
  });
});
