import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as openid from 'openid-client';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { command } from './support/command.ts';
import { Program } from './support/program.ts';
import { authorize, discover, redirectUri, signIn, startIssuer } from './support/relying-party.ts';
import { testEnvironment, type TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let token: string;

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  token = (await newAdmin(service)).accessToken;
});

const path = '/auth/admin/applications';
const admin = (method: string, url: string, body?: object) => client.call(method, url, { token, body });
const create = (body: object) =>
  admin('POST', path, { name: 'Notes', kind: 'web', redirect_uris: [redirectUri], ...body });
const codeOf = async (secret: string, clientId: string) => {
  const config = await discover(service, clientId, openid.ClientSecretBasic(secret));
  const answer = await openid.tokenIntrospection(config, 'unknown').catch(() => undefined);
  return answer?.active;
};

describe('the admin API', () => {
  it('creates an application that people can sign in to, lists, changes and deletes it', async () => {
    const lifetimes = { access_token_ttl_seconds: 120, refresh_token_ttl_seconds: 3600 };
    const { status, body } = await create({ client_id: 'notes', first_party: true, ...lifetimes });
    expect([status, body.client_id, body.authentication, body.declared]).toEqual([
      201,
      'notes',
      'client_secret_basic',
      false,
    ]);
    expect(body.secrets).toEqual([
      expect.objectContaining({ prefix: body.client_secret.slice(0, 15), expires_at: null }),
    ]);
    const email = newEmail();
    await client.register(email);
    const agent = await UserAgent.signedIn(service, client, email);
    const config = await discover(service, 'notes', openid.ClientSecretBasic(body.client_secret));
    const tokens = await signIn(config, agent);
    const refreshed = await openid.refreshTokenGrant(config, String(tokens.refresh_token));
    expect([tokens.expires_in, refreshed.expires_in]).toEqual([120, 120]);
    const kept = await service.database.query(
      `SELECT extract(epoch FROM r.expires_at - r.rotated_at)::int AS seconds
       FROM openid_refresh_token r JOIN openid_grant g ON g.id = r.grant_id WHERE g.application_id = $1`,
      [body.id],
    );
    expect(kept.rows).toEqual([{ seconds: 3600 }]);
    expect((await create({ client_id: 'notes' })).body.code).toBe('client_id_taken');

    const listed = await admin('GET', path);
    expect(JSON.stringify(listed.body)).not.toContain(body.client_secret);
    expect(listed.body.applications).toContainEqual(expect.objectContaining({ id: body.id }));

    const change = { name: 'Notes 2', redirect_uris: ['https://notes.example.com/in'], first_party: true };
    const changed = await admin('PUT', `${path}/${body.id}`, change);
    expect([changed.status, changed.body.name, changed.body.kind]).toEqual([200, 'Notes 2', 'web']);
    const misfit = await admin('PUT', `${path}/${body.id}`, { name: 'Notes' });
    expect([misfit.status, misfit.body.errors]).toEqual([
      400,
      [{ path: 'redirect_uris', message: expect.any(String) }],
    ]);

    expect((await admin('DELETE', `${path}/${body.id}`)).status).toBe(204);
    await expect(openid.refreshTokenGrant(config, String(tokens.refresh_token))).rejects.toThrow();
    expect((await admin('GET', `${path}/${body.id}`)).body.code).toBe('application_not_found');
    const { rows } = await service.database.query('SELECT type FROM audit_event WHERE subject_id = $1 ORDER BY id', [
      body.id,
    ]);
    expect(rows.map(({ type }) => type)).toEqual(['application.created', 'application.changed', 'application.deleted']);
  });

  it('says what the scopes of an application allow, for the pages that people see', async () => {
    const scopes = ['diary:read', 'diary:write'];
    const scope_descriptions = { 'diary:read': 'read your <diary>' };
    const { body } = await create({ client_id: 'diary', scopes, scope_descriptions });
    expect(body.scope_descriptions).toEqual(scope_descriptions);
    const email = newEmail();
    await client.register(email);
    const agent = await UserAgent.signedIn(service, client, email);
    const diary = await discover(service, 'diary', openid.ClientSecretBasic(body.client_secret));
    const { page } = await authorize(diary, agent, { scope: `openid ${scopes.join(' ')}` });
    await agent.open(page.url, { form: { decision: 'allow' } });
    for (const { text } of [page, await agent.open('/account/applications')]) {
      expect(text).toContain('<li>read your &lt;diary&gt;</li>');
      expect(text).toContain('<li>use what the application calls <code>diary:write</code></li>');
    }
  });

  it('keeps two secrets valid, so that an application changes them without a gap', async () => {
    const { body } = await create({ client_id: 'rotating' });
    const secrets = [body.client_secret];
    for (let i = 0; i < 2; i += 1) {
      const rotated = await admin('POST', `${path}/${body.id}/secrets`, {});
      expect(rotated.status).toBe(201);
      secrets.push(rotated.body.client_secret);
    }
    const valid = await Promise.all(secrets.map((secret) => codeOf(secret, 'rotating')));
    expect(valid).toEqual([undefined, false, false]);
    await admin('POST', `${path}/${body.id}/secrets`, { overlap_seconds: 0 });
    expect(await codeOf(secrets[2] ?? '', 'rotating')).toBeUndefined();
    const page = await create({ client_id: 'page', kind: 'single_page' });
    expect([page.body.client_secret, page.body.authentication]).toEqual([null, 'none']);
    expect((await admin('POST', `${path}/${page.body.id}/secrets`, {})).body.code).toBe('secret_not_used');
  });

  it('leaves two secrets valid after many concurrent rotations', async () => {
    const { body } = await create({ client_id: 'raced' });
    await Promise.all(Array.from({ length: 10 }, () => admin('POST', `${path}/${body.id}/secrets`, {})));
    const active =
      'SELECT count(*)::int FROM application_secret WHERE application_id = $1 AND (expires_at IS NULL OR expires_at > now())';
    expect((await service.database.query(active, [body.id])).rows).toEqual([{ count: 2 }]);
  });

  it('lets only a first-party application have this service as a resource', async () => {
    const resources = ['https://api.example.com', service.url];
    const { status, body } = await create({ client_id: 'own', first_party: true, resources });
    expect(status).toBe(201);
    const foreign = { name: 'Notes', redirect_uris: [redirectUri], resources };
    const errors = [{ path: 'resources.1', message: expect.any(String) }];
    for (const answer of [await create(foreign), await admin('PUT', `${path}/${body.id}`, foreign)]) {
      expect([answer.status, answer.body.errors]).toEqual([400, errors]);
    }
  });

  it.each([
    [{ redirect_uris: ['http://app.example.com/in'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['https://*.example.com/in'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['https://app.example.com/in#x'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['https://user@app.example.com/in'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['https://APP.example.com/in'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['com.example.app:/in'] }, 'redirect_uris'],
    [{ kind: 'native', redirect_uris: ['https://localhost/in'] }, 'redirect_uris'],
    [{ kind: 'native', redirect_uris: ['https://127.0.0.1:8443/in'] }, 'redirect_uris'],
    [{ kind: 'native', post_logout_redirect_uris: ['https://[::1]/'] }, 'post_logout_redirect_uris'],
    [{ redirect_uris: [] }, 'redirect_uris'],
    [{ kind: 'machine' }, 'redirect_uris'],
    [{ origins: ['https://app.example.com/'] }, 'origins.0'],
    [{ origins: ['https://*.example.com'] }, 'origins.0'],
    [{ backchannel_logout_uri: 'http://169.254.169.254/latest' }, 'backchannel_logout_uri'],
    [{ scopes: ['openid'] }, 'scopes.0'],
    [{ scopes: ['notes:read'], scope_descriptions: { 'notes:write': 'change notes' } }, 'scope_descriptions'],
    [{ client_id: 'a b' }, 'client_id'],
    [{ client_id: 'devopslocally' }, 'client_id'],
    [{ jwks: { keys: [{ kty: 'EC', d: 'private' }] } }, 'jwks.keys.0'],
  ])('rejects %j', async (body, where) => {
    const { status, body: problem } = await create(body);
    expect([status, problem.errors?.map((error: { path: string }) => error.path)]).toEqual([400, [where]]);
  });
});

describe('APPLICATIONS_FILE', () => {
  const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
  const fileWith = (names: string[], directory = mkdtempSync(join(tmpdir(), 'applications-'))) => {
    const declared = names.map(
      (name) =>
        `  - {client_id: ${name}, name: ${name}, kind: web, redirect_uris: ['${redirectUri}'], secret_hashes: [${hashOf(name)}]}`,
    );
    // as Kubernetes mounts a ConfigMap: a link to a link, which is replaced
    const data = mkdtempSync(join(directory, 'data-'));
    writeFileSync(join(data, 'applications.yaml'), `applications:\n${declared.join('\n')}\n`);
    symlinkSync(join(data, 'applications.yaml'), join(directory, 'next'));
    renameSync(join(directory, 'next'), join(directory, 'applications.yaml'));
    return { directory, file: join(directory, 'applications.yaml') };
  };
  const clientIds = async ({ database }: TestService) =>
    (await database.query('SELECT client_id FROM application ORDER BY 1')).rows.map(({ client_id }) =>
      String(client_id),
    );

  it('is applied at start and when it changes, by several replicas, and spares what the API made', async () => {
    const { directory, file } = fileWith(['grafana', 'argocd']);
    const first = await startIssuer({ APPLICATIONS_FILE: file });
    const replicas = await Promise.all(
      [1, 2].map(() => startIssuer({ APPLICATIONS_FILE: file, DATABASE_URL: first.databaseUrl })),
    );
    expect(await clientIds(first)).toEqual(['argocd', 'console', 'grafana']);
    const { accessToken } = await newAdmin(first);
    const api = new Client(first.url);
    const body = { client_id: 'manual', name: 'm', kind: 'web', redirect_uris: [redirectUri] };
    await api.call('POST', path, { token: accessToken, body });
    const config = await discover(first, 'grafana', openid.ClientSecretBasic('grafana'));
    expect(await openid.tokenIntrospection(config, 'unknown')).toEqual({ active: false });

    const { applications } = (await api.call('GET', path, { token: accessToken })).body;
    const grafana = applications.find(({ client_id }: { client_id: string }) => client_id === 'grafana');
    expect((await api.call('DELETE', `${path}/${grafana.id}`, { token: accessToken })).body.code).toBe(
      'application_declared',
    );

    fileWith(['grafana', 'gateway'], directory);
    for (let tries = 0; tries < 600 && !(await clientIds(first)).includes('gateway'); tries += 1) {
      await sleep(100);
    }
    await Promise.all(replicas.map((replica) => replica.stop()));
    expect(await clientIds(first)).toEqual(['console', 'gateway', 'grafana', 'manual']);
    const { rows } = await first.database.query(
      "SELECT detail FROM audit_event WHERE type = 'application.declared' AND detail->>'client_id' <> 'console' ORDER BY detail->>'client_id', id",
    );
    expect(rows.map(({ detail }) => `${String(detail.client_id)} ${String(detail.change)}`)).toEqual([
      'argocd created',
      'argocd deleted',
      'gateway created',
      'grafana created',
    ]);
  });

  it('is applied when it is corrected at the moment at which its mistake is noticed', async () => {
    const { directory, file } = fileWith(['grafana']);
    const corrected = await startIssuer({ APPLICATIONS_FILE: file });
    const noticed = vi.spyOn(Logger.prototype, 'error').mockImplementationOnce(() => {
      fileWith(['grafana', 'gateway'], directory);
    });
    fileWith(['*'], directory);
    for (let tries = 0; tries < 600 && !(await clientIds(corrected)).includes('gateway'); tries += 1) {
      await sleep(100);
    }
    expect(noticed).toHaveBeenCalledTimes(1);
    noticed.mockRestore();
    expect(await clientIds(corrected)).toEqual(['console', 'gateway', 'grafana']);
  });

  it.each([
    [{ name: '', color: 'red' }, ['applications.0.name', 'color']],
    [{ redirect_uris: [redirectUri], resources: ['https://auth.example.com'] }, ['applications.0.resources.0']],
    [{ redirect_uris: [redirectUri], client_id: 'devopslocally' }, ['applications.0.client_id']],
  ])('stops the start with 78 and a list of its problems: %j', async (members, problems) => {
    const file = join(mkdtempSync(join(tmpdir(), 'applications-')), 'applications.json');
    writeFileSync(file, JSON.stringify({ applications: [{ client_id: 'a', name: 'a', kind: 'web', ...members }] }));
    const program = new Program({
      ...process.env,
      ...testEnvironment({ DATABASE_URL: service.databaseUrl, APPLICATIONS_FILE: file }),
      TOKEN_ISSUER: 'https://auth.example.com',
    });
    expect(await program.exit()).toBe(78);
    for (const problem of problems) {
      expect(program.output).toContain(problem);
    }
  });
});

describe('the command line', () => {
  it('creates, lists, rotates and deletes', async () => {
    const run = (...args: string[]) => command(service.databaseUrl, ['applications', ...args]);
    const created = await run(
      'create',
      '--name',
      'Tool',
      '--kind',
      'web',
      '--client-id',
      'tool',
      '--redirect-uri',
      redirectUri,
      '--scope',
      'tool:use=use the tool',
      '--scope',
      'tool:repair',
    );
    expect([created.code, created.output]).toEqual([
      0,
      expect.stringMatching(/^client_id tool\nclient_secret cs_\w{12}_[\w-]{43}\n$/),
    ]);
    expect((await run('list')).output).toContain('tool  web  Tool\n');
    const { rows } = await service.database.query(
      "SELECT scopes, scope_descriptions FROM application WHERE client_id = 'tool'",
    );
    expect(rows).toEqual([{ scopes: ['tool:use', 'tool:repair'], scope_descriptions: { 'tool:use': 'use the tool' } }]);
    const rotated = await run('rotate-secret', 'tool', '--overlap', '0');
    const secret = /client_secret (\S+)/.exec(rotated.output)?.[1] ?? '';
    expect(await codeOf(secret, 'tool')).toBe(false);
    expect((await run('delete', 'tool')).output).toBe('deleted tool\n');
    expect(await run('delete', 'tool')).toMatchObject({ code: 1, errors: 'there is no application tool\n' });
    const wrong = await run('create', '--name', 'x', '--kind', 'web');
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('redirect_uris')]);
    const options = ['--name', 'x', '--kind', 'web', '--redirect-uri', redirectUri];
    const own = await run('create', ...options, '--client-id', 'devopslocally');
    expect([own.code, own.errors]).toEqual([1, expect.stringContaining('client_id')]);
  });
});
