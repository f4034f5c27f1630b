import { beforeAll, describe, expect, it } from 'vitest';
import { describeSettings, setting, settingsInForce } from '#common';
import { z } from 'zod';
import { authSettings } from '../src/config.ts';
import { Client, newAdmin } from './support/client.ts';
import { copyDatabase, startTestService, type TestService } from './support/service.ts';

/** Stands in every secret. */
const marker = 'not-for-admins';
const secrets = {
  KEY_ENCRYPTION_KEYS: Buffer.from(`${marker}-123456789-123456`.padEnd(32, '.')).subarray(0, 32).toString('base64'),
  SMTP_URL: `smtp://user:${marker}@127.0.0.1:1`,
  OPENID_REGISTRATION_TOKEN: `${marker}-${marker}-${marker}`,
  OIDC_PROVIDERS: JSON.stringify([
    {
      id: 'acme',
      name: 'Acme',
      issuer: 'https://id.example.com',
      client_id: 'auth',
      client_secret: marker,
      redirect_uris: ['https://app.example.com/callback'],
    },
  ]),
};

let service: TestService;
let client: Client;
let admin: { accessToken: string };
const get = (path: string) => client.call('GET', `/auth/admin/${path}`, { token: admin.accessToken });

beforeAll(async () => {
  const DATABASE_URL = `${await copyDatabase()}?application_name=${marker}`;
  service = await startTestService({
    ...secrets,
    DATABASE_URL,
    BREACHED_PASSWORDS_URL: `http://user:${marker}@127.0.0.1:1/range?key=${marker}`,
    SESSION_IDLE_TTL_SECONDS: '604800',
    WEBAUTHN_ORIGINS: 'https://a.example.com,https://b.example.com',
  });
  client = new Client(service.url);
  admin = await newAdmin(service);
});

describe('settings', () => {
  it('contain no secret, whichever is set', async () => {
    const { status, body } = await get('settings');
    const text = JSON.stringify(body);
    expect([status, text.includes(marker), text.includes(secrets.KEY_ENCRYPTION_KEYS)]).toEqual([200, false, false]);
    const isSecret = ({ secret }: { secret: boolean }) => secret;
    const listed = (body.settings as { name: string; secret: boolean; set: boolean; value: unknown }[]).filter(
      isSecret,
    );
    const all = describeSettings(authSettings).filter(({ secret }) => secret);
    expect(listed).toEqual(all.map(({ name }) => expect.objectContaining({ name, set: true, value: null })));
    expect(all.map(({ name }) => name).toSorted()).toEqual(['DATABASE_URL', ...Object.keys(secrets)].toSorted());
  });

  it('show what is in force, and whether it is the default', async () => {
    const { body } = await get('settings');
    const byName = new Map(body.settings.map((one: { name: string }) => [one.name, one]));
    expect(byName.get('SESSION_IDLE_TTL_SECONDS')).toMatchObject({
      value: 604_800,
      set: true,
      unit: 's',
      default_value: '2592000',
    });
    expect(byName.get('SESSION_TTL_SECONDS')).toMatchObject({ value: 7_776_000, set: false });
    expect(byName.get('WEBAUTHN_ORIGINS')).toMatchObject({ value: ['https://a.example.com', 'https://b.example.com'] });
    expect(byName.get('BREACHED_PASSWORDS_URL')).toMatchObject({ value: 'http://…@127.0.0.1:1/range?…', set: true });
    expect(byName.get('TERMS_URL')).toMatchObject({ value: null, set: false });
    expect(body.settings).toHaveLength(Object.keys(authSettings.shape).length);
  });

  it('hide a new text until it is declared visible, and all that is undeclared', () => {
    const schema = z.object({
      NEW_TOKEN: setting(z.string(), { description: 'a secret that nobody has marked' }),
      NEW_LIST: setting(
        z.string().transform((text) => text.split(',')),
        { description: 'a list' },
      ),
      UNDECLARED: z.string(),
      SHOWN: setting(z.string(), { description: 'a text', visible: true }),
      BOTH: setting(z.string(), { description: 'a text', visible: true, secret: true }),
      NUMBER: setting(z.coerce.number(), { description: 'a number' }),
    });
    const values = { NEW_TOKEN: 'a', NEW_LIST: ['a'], UNDECLARED: 'a', SHOWN: 'a', BOTH: 'a', NUMBER: 1 };
    const shown = settingsInForce(schema, values).filter(({ value }) => value !== undefined);
    expect(shown.map(({ name }) => name)).toEqual(['SHOWN', 'NUMBER']);
  });
});

describe('signing keys', () => {
  it('are listed without private parts, with those that sign now, signed before and will sign', async () => {
    await client.call('GET', '/.well-known/jwks.json');
    const before = await get('signing-keys');
    const first = before.body.keys.find(({ algorithm }: { algorithm: string }) => algorithm === 'ES256');
    expect(first).toEqual({
      kid: expect.any(String),
      algorithm: 'ES256',
      created_at: expect.any(String),
      active_from: expect.any(String),
      retired_at: null,
      active: true,
    });
    const { body: rotation } = await client.call('POST', '/auth/keys/rotate', { token: admin.accessToken });
    const ec = async () =>
      (await get('signing-keys')).body.keys.filter(({ algorithm }: { algorithm: string }) => algorithm === 'ES256');
    expect(await ec()).toEqual([
      { ...first, kid: rotation.kid, created_at: expect.any(String), active_from: rotation.active_from, active: false },
      first,
    ]);
    await service.database.query('UPDATE signing_key SET active_from = now() - interval $$1 s$$ WHERE kid = $1', [
      rotation.kid,
    ]);
    const [second, old] = await ec();
    expect([second.active, old.active, old.retired_at]).toEqual([true, false, second.active_from]);
  });
});
