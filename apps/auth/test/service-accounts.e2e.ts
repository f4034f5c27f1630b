import { beforeAll, describe, expect, it } from 'vitest';
import { Client, newAdmin, type Answer } from './support/client.ts';
import { meet } from './support/locks.ts';
import { startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const path = '/auth/admin/service-accounts';
const asAdmin = (method: string, route = '', body?: object) =>
  client.call(method, path + route, { token: admin.accessToken, ...(body ? { body } : {}) });

/** Posts a form to the token endpoint. */
const post = async (form: string | Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> => {
  const response = await fetch(`${service.url}/auth/token`, {
    method: 'POST',
    body: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};
const basic = (id: string, key: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(key)}`).toString('base64')}`,
});
const requestToken = (id: string, key: string, form: Record<string, string> = {}) =>
  post({ grant_type: 'client_credentials', ...form }, basic(id, key));

let names = 0;
const newServiceAccount = async (scopes = ['audit:read', 'notes:write'], key: object = {}) => {
  names += 1;
  const { body: account } = await asAdmin('POST', '', { name: `collector ${String(names)}`, scopes });
  const { body: issued } = await asAdmin('POST', `/${account.id}/keys`, key);
  return { id: account.id as string, keyId: issued.id as string, key: issued.key as string };
};
const claimsOf = (token: string, part = 1) =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString());
const readAudit = (token: string) => client.call('GET', '/auth/admin/audit', { token });

describe('a service account', () => {
  it('gets a key that is shown once and stored as a hash, and an access token for its scopes', async () => {
    const created = await asAdmin('POST', '', { name: 'Log collector', scopes: ['notes:write', 'audit:read'] });
    expect([created.status, created.body.scopes]).toEqual([201, ['audit:read', 'notes:write']]);
    const { status, body: issued } = await asAdmin('POST', `/${created.body.id}/keys`, {});
    expect([status, issued.key]).toEqual([201, expect.stringMatching(new RegExp(`^${issued.prefix}_[\\w-]{43}$`))]);
    const shown = await asAdmin('GET', `/${created.body.id}`);
    expect(shown.body.api_keys).toMatchObject([{ prefix: issued.prefix, last_used_at: null, expires_at: null }]);
    const stored = await service.database.query('SELECT k::text AS text FROM api_key k');
    expect(JSON.stringify([shown.body, stored.rows])).not.toContain(issued.key.slice(-43));

    const answer = await requestToken(created.body.id, issued.key, { scope: 'audit:read' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'audit:read',
    });
    expect(claimsOf(answer.body.access_token, 0)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const claims = claimsOf(answer.body.access_token);
    expect(claims).toMatchObject({ sub: created.body.id, client_id: created.body.id, scope: 'audit:read' });
    expect(claims).not.toHaveProperty('sid');
    expect((await readAudit(answer.body.access_token)).status).toBe(200);
    const { rows } = await service.database.query(
      'SELECT type FROM audit_event WHERE actor_id = $1 OR subject_id = $1 AND actor_id = $2 ORDER BY occurred_at',
      [created.body.id, admin.id],
    );
    expect(rows.map(({ type }) => type)).toEqual([
      'service_account.created',
      'api_key.created',
      'client.token_issued',
      'audit.read',
    ]);
  });

  it('loses the scopes that are taken away, in its tokens too, and gets back no other than those', async () => {
    const { id, key, keyId } = await newServiceAccount();
    const token = String((await requestToken(id, key)).body.access_token);
    expect((await readAudit(token)).status).toBe(200);
    const change = await asAdmin('PATCH', `/${id}`, { scopes: ['notes:write', 'notes:read'] });
    expect([change.status, change.body.scopes]).toEqual([200, ['notes:read', 'notes:write']]);
    expect(change.body.api_keys).toMatchObject([{ id: keyId, scopes: ['notes:write'] }]);
    // also with the token from before
    expect((await readAudit(token)).body.code).toBe('scope_required');
    expect((await requestToken(id, key)).body.scope).toBe('notes:write');
    expect((await requestToken(id, key, { scope: 'audit:read' })).body.error).toBe('invalid_scope');
    const { body: rotated } = await asAdmin('POST', `/${id}/keys/${keyId}/rotate`, {});
    expect(rotated.scopes).toEqual(['notes:write']);
    await asAdmin('PATCH', `/${id}`, { scopes: ['other'] });
    expect((await requestToken(id, key)).body.error).toBe('invalid_scope');
    const { rows } = await service.database.query(
      "SELECT detail FROM audit_event WHERE type = 'service_account.changed' AND subject_id = $1 ORDER BY id",
      [id],
    );
    expect(rows[0]?.detail).toEqual({
      before: { name: expect.any(String), scopes: ['audit:read', 'notes:write'] },
      after: { name: rows[0]?.detail.before.name, scopes: ['notes:read', 'notes:write'] },
    });
  });

  it('is renamed, but not to the name of another one', async () => {
    const [one, other] = [await newServiceAccount(), await newServiceAccount()];
    const { body } = await asAdmin('GET', `/${other.id}`);
    expect((await asAdmin('PATCH', `/${one.id}`, { name: String(body.name).toUpperCase() })).body.code).toBe(
      'name_taken',
    );
    const renamed = await asAdmin('PATCH', `/${one.id}`, { name: 'renamed' });
    expect([renamed.body.name, renamed.body.scopes]).toEqual(['renamed', ['audit:read', 'notes:write']]);
    const nobody = await asAdmin('PATCH', '/0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10', { name: 'x' });
    expect(nobody.body.code).toBe('service_account_not_found');
  });

  it('is rejected by routes for accounts and by routes that require another scope', async () => {
    const { id, key } = await newServiceAccount();
    const { body } = await requestToken(id, key, { scope: 'notes:write' });
    const lacking = await readAudit(body.access_token);
    expect([lacking.status, lacking.body.code]).toEqual([403, 'scope_required']);
    expect(lacking.headers.get('www-authenticate')).toContain('insufficient_scope');
    for (const [method, route] of [
      ['GET', '/auth/me'],
      ['POST', '/auth/logout-all'],
      ['GET', path],
      ['POST', '/auth/keys/rotate'],
    ] as const) {
      const refused = await client.call(method, route, { token: body.access_token });
      expect([refused.status, refused.body.code]).toEqual([401, 'token_invalid']);
    }
  });

  it.each<[string, (id: string, key: string) => Promise<Answer>, number, string, string]>([
    [
      'a wrong key',
      (id, key) => requestToken(id, `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`),
      401,
      'client_invalid',
      'invalid_client',
    ],
    ['no key', () => post({ grant_type: 'client_credentials' }), 401, 'client_invalid', 'invalid_client'],
    [
      'another account’s id',
      async (_id, key) => requestToken((await newServiceAccount()).id, key),
      401,
      'client_invalid',
      'invalid_client',
    ],
    ['an id that is not a UUID', (_id, key) => requestToken("1' OR 1=1", key), 401, 'client_invalid', 'invalid_client'],
    ['a scope of spaces', (id, key) => requestToken(id, key, { scope: ' ' }), 400, 'scope_invalid', 'invalid_scope'],
    [
      'a client id that differs from the user of the authorization header',
      (id, key) =>
        post({ grant_type: 'client_credentials', client_id: '0199f2c4-9a10-7b2c-8d1e-3c5a7e9f1b20' }, basic(id, key)),
      400,
      'validation_failed',
      'invalid_request',
    ],
    [
      'a scope that the key lacks',
      (id, key) => requestToken(id, key, { scope: 'audit:read admin' }),
      400,
      'scope_invalid',
      'invalid_scope',
    ],
    [
      'another grant',
      (id, key) => requestToken(id, key, { grant_type: 'password' }),
      400,
      'grant_type_unsupported',
      'unsupported_grant_type',
    ],
    [
      'no grant',
      (id, key) => post({ scope: 'audit:read' }, basic(id, key)),
      400,
      'validation_failed',
      'invalid_request',
    ],
    [
      'a parameter twice',
      (id, key) => post('grant_type=client_credentials&grant_type=client_credentials', basic(id, key)),
      400,
      'validation_failed',
      'invalid_request',
    ],
    [
      'U+0000',
      (id, key) => post('grant_type=client_credentials&scope=%00', basic(id, key)),
      400,
      'validation_failed',
      'invalid_request',
    ],
    [
      'credentials sent twice',
      (id, key) => requestToken(id, key, { client_secret: key }),
      400,
      'validation_failed',
      'invalid_request',
    ],
    [
      'JSON',
      (id, key) =>
        client.call('POST', '/auth/token', { body: { grant_type: 'client_credentials' }, headers: basic(id, key) }),
      415,
      'unsupported_media_type',
      'invalid_request',
    ],
  ])('gets an OAuth error for %s', async (_name, send, status, code, error) => {
    const { id, key } = await newServiceAccount();
    const answer = await send(id, key);
    expect([answer.status, answer.body.code, answer.body.error]).toEqual([status, code, error]);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="auth"' : null);
  });

  it('may send its key in the form, and unknown parameters', async () => {
    const { id, key } = await newServiceAccount();
    const form = { grant_type: 'client_credentials', client_id: id, client_secret: key, scope: '', audience: 'x' };
    const { status, body } = await post(form);
    expect([status, body.scope]).toEqual([200, 'audit:read notes:write']);
  });

  it('is not locked out by failed attempts from its own IP address', async () => {
    const { id, key } = await newServiceAccount();
    const strict = await startTestService({ DATABASE_URL: service.databaseUrl, LOGIN_ADDRESS_BURST: '3' });
    const send = async (secret: string) => {
      const response = await fetch(`${strict.url}/auth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
      });
      return response.status;
    };
    const guesses = await Promise.all(Array.from({ length: 20 }, () => send(`${key.slice(0, -4)}AAAA`)));
    expect(new Set(guesses)).toEqual(new Set([401, 429]));
    expect(await send(key)).toBe(200);
    await service.database.query('DELETE FROM attempt');
  });

  it('has a unique name, and no key has more scopes than it has', async () => {
    await asAdmin('POST', '', { name: 'Only one', scopes: ['a'] });
    const twin = await asAdmin('POST', '', { name: 'ONLY ONE', scopes: ['a'] });
    expect([twin.status, twin.body.code]).toEqual([409, 'name_taken']);
    const { id } = await newServiceAccount(['a', 'b']);
    const narrow = await asAdmin('POST', `/${id}/keys`, { scopes: ['b'] });
    expect((await requestToken(id, narrow.body.key)).body.scope).toBe('b');
    expect((await asAdmin('POST', `/${id}/keys`, { scopes: ['a', 'c'] })).body.code).toBe('scope_not_allowed');
    const list = await asAdmin('GET');
    expect(list.body.service_accounts).toContainEqual(expect.objectContaining({ id, scopes: ['a', 'b'] }));
  });

  it('loses its keys and access tokens when it is deleted', async () => {
    const { id, key } = await newServiceAccount();
    const { body } = await requestToken(id, key);
    expect((await asAdmin('DELETE', `/${id}`)).status).toBe(204);
    expect((await readAudit(body.access_token)).status).toBe(401);
    expect((await requestToken(id, key)).status).toBe(401);
    for (const [method, route, sent] of [
      ['GET', `/${id}`],
      ['DELETE', `/${id}`],
      ['POST', `/${id}/keys`, {}],
    ] as const) {
      expect((await asAdmin(method, route, sent)).body.code).toBe('service_account_not_found');
    }
  });
});

describe('an API key', () => {
  it('stays valid beside its successor until the overlap ends', async () => {
    const { id, key, keyId } = await newServiceAccount();
    const rotated = await asAdmin('POST', `/${id}/keys/${keyId}/rotate`, { overlap_seconds: 3600 });
    expect(rotated.status).toBe(201);
    expect((await requestToken(id, key)).status).toBe(200);
    expect((await requestToken(id, rotated.body.key)).status).toBe(200);
    const shown = await asAdmin('GET', `/${id}`);
    const old = shown.body.api_keys.find((shownKey: { id: string }) => shownKey.id === keyId);
    expect(Math.round((Date.parse(old.expires_at) - Date.parse(old.rotated_at)) / 1000)).toBe(3600);
    await service.database.query("UPDATE api_key SET expires_at = expires_at - interval '3600 s' WHERE id = $1", [
      keyId,
    ]);
    expect((await requestToken(id, key)).status).toBe(401);
    expect((await requestToken(id, rotated.body.key)).status).toBe(200);
  });

  it('expires no later because it has been rotated', async () => {
    const end = new Date(Date.now() + 600_000).toISOString();
    const { id, keyId } = await newServiceAccount(['audit:read'], { expires_at: end });
    expect((await asAdmin('POST', `/${id}/keys/${keyId}/rotate`, { overlap_seconds: 3600 })).status).toBe(201);
    const { body } = await asAdmin('GET', `/${id}`);
    const old = body.api_keys.find((shown: { id: string }) => shown.id === keyId);
    expect(Date.parse(old.expires_at)).toBe(Date.parse(end));
  });

  it('gets only one successor from 8 concurrent rotations', async () => {
    const { id, keyId } = await newServiceAccount();
    const rotate = () => asAdmin('POST', `/${id}/keys/${keyId}/rotate`, {});
    const answers = await meet(
      service,
      (holder) => holder.query('SELECT FROM api_key WHERE id = $1 FOR UPDATE', [keyId]),
      Array.from({ length: 8 }, () => rotate),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'api_key_rotated')).toHaveLength(7);
    expect((await asAdmin('GET', `/${id}`)).body.api_keys).toHaveLength(2);
  });

  it('expires as requested, and its access tokens with it', async () => {
    const end = new Date(Date.now() + 60_000).toISOString();
    const { id, key, keyId } = await newServiceAccount(['audit:read'], { expires_at: end });
    const { body } = await requestToken(id, key);
    expect(body.expires_in).toBeLessThanOrEqual(60);
    expect((await readAudit(body.access_token)).status).toBe(200);
    await service.database.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [keyId]);
    expect((await readAudit(body.access_token)).status).toBe(401);
    expect((await requestToken(id, key)).status).toBe(401);
    expect((await asAdmin('POST', `/${id}/keys/${keyId}/rotate`, {})).body.code).toBe('api_key_rotated');
    expect((await asAdmin('POST', `/${id}/keys`, { expires_at: '2020-01-01T00:00:00Z' })).status).toBe(400);
  });

  it('stops working at once when it is revoked, and is not found under another account', async () => {
    const { id, key, keyId } = await newServiceAccount();
    const other = await newServiceAccount();
    const { body } = await requestToken(id, key);
    expect((await asAdmin('DELETE', `/${other.id}/keys/${keyId}`)).body.code).toBe('api_key_not_found');
    expect((await asAdmin('POST', `/${other.id}/keys/${keyId}/rotate`, {})).body.code).toBe('api_key_not_found');
    expect((await asAdmin('DELETE', `/${id}/keys/${keyId}`)).status).toBe(204);
    expect((await readAudit(body.access_token)).status).toBe(401);
    expect((await requestToken(id, key)).status).toBe(401);
  });

  it('shows its last use, written at most once a minute', async () => {
    const { id, key, keyId } = await newServiceAccount();
    await service.database.query(`
      CREATE TABLE touch (key_id uuid);
      CREATE FUNCTION note_touch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO touch VALUES (NEW.id); RETURN NEW; END $$;
      CREATE TRIGGER note_touch AFTER UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION note_touch()`);
    const use = () => Promise.all(Array.from({ length: 30 }, () => requestToken(id, key)));
    const touches = async () => (await service.database.query('SELECT FROM touch')).rowCount;
    expect((await use()).every(({ status }) => status === 200)).toBe(true);
    expect(await touches()).toBe(1);
    await service.database.query('DROP TRIGGER note_touch ON api_key');
    await service.database.query("UPDATE api_key SET last_used_at = last_used_at - interval '61 s' WHERE id = $1", [
      keyId,
    ]);
    await use();
    const { body } = await asAdmin('GET', `/${id}`);
    expect(Date.now() - Date.parse(body.api_keys[0].last_used_at)).toBeLessThan(30_000);
  });
});
