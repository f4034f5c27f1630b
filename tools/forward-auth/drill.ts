/**
 * `make drill-forward-auth`: a real Traefik with the middlewares of k8s/components/forward-auth in front of the auth service and of a
 * service that the generator makes, which answers with what it gets. Attacks it, and measures what the middleware costs.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parse, parseAllDocuments } from 'yaml';
import { nodeFlags } from '../../bench/lib/dockerfile.ts';
import { startProgram } from '../../bench/lib/programs.ts';
import { loadAuthConfig, migrate } from '../built.ts';
import { startPostgres } from '../embedded-postgres.ts';
import { copyRepository } from '../lib/copy-repository.ts';
import { drill, type Row } from '../lib/drill.ts';
import { freePort } from '../lib/free-port.ts';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { until } from '../lib/until.ts';

const name = 'order-history';
const host = 'auth.example.com';
const origin = `https://${host}`;
const password = 'seven quiet herons over the delta';
const measured = 2000;
/** Requests before these, in which Node.js still compiles. */
const warmUp = 1000;

/** The generated controller, open to everybody and with an answer that shows what reaches the service. */
const echo = `import { Public } from '#common';
import { All, Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

@Public()
@Controller('${name}')
export class OrderHistoryController {
  @All(['', '*'])
  show(@Req() { headers, method, url }: FastifyRequest) {
    return { headers, method, url };
  }
}
`;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** What the service has got. */
interface Received {
  url: string;
  headers: Record<string, string>;
}

await drill('forward-auth', async ({ after, log, table, check }) => {
  const folder = mkdtempSync(join(tmpdir(), 'forward-auth-'));
  after(async () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, 'repository');
  await copyRepository(copy);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  await run('npm', ['run', '--silent', 'new:service', name], { cwd: copy });
  writeFileSync(join(copy, `apps/${name}/src/${name}/${name}.controller.ts`), echo);
  await run('npx', ['tsc', '-p', `apps/${name}/tsconfig.app.json`], { cwd: copy, seconds: 900 });
  log('generated and compiled the service');

  const postgres = await startPostgres(folder);
  after(() => postgres.stop());
  await postgres.createDatabase('auth');
  const common = {
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    TOKEN_ISSUER: origin,
    LOG_LEVEL: 'info',
    TRUST_PROXY: '1',
  };
  const environment = {
    ...common,
    NODE_ENV: 'production',
    APP_URL: origin,
    WEBAUTHN_RP_ID: host,
    WEBAUTHN_ORIGINS: origin,
    DATABASE_URL: postgres.url('auth'),
    KEY_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  };
  await migrate(loadAuthConfig(environment));
  const auth = await startProgram(
    join(root, 'dist/apps/auth/src/main.js'),
    environment,
    join(folder, 'auth.log'),
    nodeFlags,
  );
  after(() => auth.stop());
  const service = await startProgram(
    join(copy, `dist/apps/${name}/src/main.js`),
    { ...common, NODE_ENV: 'production', AUTH_URL: auth.url },
    join(folder, 'service.log'),
    nodeFlags,
  );
  after(() => service.stop());
  const traefik = await startTraefik(folder, auth.url, service.url);
  after(traefik.stop);
  log('started auth, the service and Traefik');

  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, servername: host });
  after(async () => agent.destroy());
  const send = (path: string, headers: OutgoingHttpHeaders = {}, method = 'GET', body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: traefik.port, path, method, agent, timeout: 30_000 };
      const sent = request({ ...options, headers: { host, ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', reject).once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer within 30 s')));
      sent.once('error', reject).end(body);
    });
  await until('Traefik serves both', 300, async () =>
    (await Promise.all([send('/.well-known/jwks.json'), send(`/${name}/bare`)])).every(({ status }) => status === 200),
  );

  const json = { 'content-type': 'application/json' };
  const register = (email: string) => send('/auth/register', json, 'POST', JSON.stringify({ email, password }));
  const idOf = ({ text }: Answer) => (JSON.parse(text) as { id: string }).id;
  const people = { user: 'user@example.com', admin: 'admin@example.com' };
  const ids = { user: idOf(await register(people.user)), admin: idOf(await register(people.admin)) };
  const database = new pg.Client(postgres.url('auth'));
  await database.connect();
  after(() => database.end());
  await database.query('UPDATE account SET email_verified_at = now()');
  await database.query("UPDATE account SET roles = '{user,admin}' WHERE email = $1", [people.admin]);

  const opens = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
  /** Signs in where the gateway sends a browser, and returns the cookie and where the browser goes afterwards. */
  async function signIn(email: string, path: string) {
    const refused = await send(path, opens);
    const page = new URL(refused.headers.location ?? '');
    const shown = await send(page.pathname + page.search, opens);
    const target = page.searchParams.get('continue') ?? '';
    const form = new URLSearchParams({ email, password, continue: target }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', origin };
    const signedIn = await send('/sign-in', headers, 'POST', form);
    const cookie = signedIn.headers['set-cookie']
      ?.find((value) => value.startsWith('__Host-session='))
      ?.split(';', 1)[0];
    return { statuses: [refused.status, shown.status, signedIn.status], cookie, back: signedIn.headers.location };
  }
  const received = ({ text }: Answer) => JSON.parse(text) as Received;
  const rows: Row[] = [];
  const claim = (text: string, got: unknown, holds: boolean) => {
    rows.push({ claim: text, got: String(got), holds: holds ? 'yes' : 'NO' });
  };

  const wanted = `/${name}/list?page=2&q=a%20b`;
  const { statuses, cookie, back } = await signIn(people.user, wanted);
  claim('a person without a session signs in', statuses, String(statuses) === '303,200,303');
  claim('and comes back', back, back === wanted);
  const opened = await send(back ?? '/', { ...opens, cookie });
  const { headers: got, url } = received(opened);
  const identity = (headers: Record<string, string>) =>
    ['subject', 'email', 'roles'].map((part) => headers[`x-auth-${part}`]).join(' ');
  const ofUser = `${ids.user} ${people.user} user`;
  claim('the service gets the very URL', url, url === wanted);
  claim('the service learns who calls', identity(got), identity(got) === ofUser);
  const script = await send(wanted, { accept: 'application/json' });
  claim('a script without a session', script.status, script.status === 401 && script.text.includes('session_missing'));
  const forbidden = await send(`/${name}/admin`, { ...opens, cookie });
  claim('a user opens a route of admins', forbidden.status, forbidden.status === 403);
  const admin = await signIn(people.admin, `/${name}/admin`);
  const allowed = received(await send(`/${name}/admin`, { ...opens, cookie: admin.cookie }));
  const ofAdmin = `${ids.admin} ${people.admin} user,admin`;
  claim('an admin opens it', identity(allowed.headers), identity(allowed.headers) === ofAdmin);

  const forged = { 'X-Auth-Subject': [ids.admin, ids.admin], 'X-AUTH-ROLES': 'admin', 'x-auth-email': people.admin };
  const deceived = received(await send(wanted, { ...opens, cookie, ...forged })).headers;
  claim('forged headers don’t reach the service', identity(deceived), identity(deceived) === ofUser);
  for (const header of ['X_Auth_Roles', 'X-Auth_Roles', 'X.Auth.Roles']) {
    const { status } = await send(wanted, { ...opens, cookie, [header]: 'admin' });
    claim(`a look-alike: ${header}`, status, status === 400);
  }
  const hidden = await send(wanted, {
    ...opens,
    cookie,
    connection: 'keep-alive, X_Auth_Roles',
    X_Auth_Roles: 'admin',
  });
  const isHidden = hidden.status === 400 || !Object.keys(received(hidden).headers).includes('x_auth_roles');
  claim('a look-alike declared hop-by-hop', hidden.status, isHidden);
  const hop = await send(wanted, { ...opens, cookie, connection: 'keep-alive, X-Auth-Roles', 'x-auth-roles': 'admin' });
  const roles = received(hop).headers['x-auth-roles'] ?? '';
  claim('a header declared hop-by-hop', roles || 'none', !roles.includes('admin'));
  const spoofed = {
    'x-forwarded-uri': `/${name}/bare`,
    'x-forwarded-method': 'GET',
    'x-forwarded-host': 'evil.example',
  };
  const spoofedPage = await send(wanted, { ...opens, ...spoofed });
  const { location } = spoofedPage.headers;
  claim(
    'the client can’t state another URL',
    location,
    location === `${origin}/sign-in?${new URLSearchParams({ continue: wanted }).toString()}`,
  );
  const elsewhere = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', ...spoofed };
  const posted = await send(wanted, { ...elsewhere, origin: 'https://evil.example' }, 'POST');
  claim('a form of another site', posted.status, posted.status === 403 && posted.text.includes('cross_site_request'));
  const socket = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  const hijack = await send(wanted, { ...elsewhere, 'sec-fetch-mode': 'websocket', ...socket });
  claim('a WebSocket of another site', hijack.status, hijack.status === 403);
  const preflight = await send(
    wanted,
    { origin: 'https://evil.example', 'access-control-request-method': 'PUT' },
    'OPTIONS',
  );
  claim('a preflight of another site', preflight.status, preflight.status === 401);

  const times = { bare: [] as number[], protected: [] as number[] };
  for (let turn = -warmUp; turn < measured; turn += 1) {
    for (const [route, path] of [
      ['bare', `/${name}/bare`],
      ['protected', `/${name}/list`],
    ] as const) {
      const started = performance.now();
      const { status } = await send(path, { cookie });
      if (status !== 200) {
        throw new Error(`${path}: ${status}`);
      }
      if (turn >= 0) {
        times[route].push(performance.now() - started);
      }
    }
  }
  await send('/auth/session', { cookie, origin }, 'DELETE');
  const ended = await send(wanted, { cookie });
  claim('an ended session is refused at once', ended.status, ended.status === 401);

  table(rows);
  check(
    'every request is answered as it should be',
    rows.every(({ holds }) => holds === 'yes'),
  );
  const ms = (list: number[], share: number) => list.toSorted((a, b) => a - b)[Math.floor(list.length * share)] ?? NaN;
  const quantiles = [0.5, 0.99].map((share) => ({
    bare: ms(times.bare, share),
    protected: ms(times.protected, share),
  }));
  table(
    quantiles.map((at, index) => ({
      ms: ['p50', 'p99'][index] ?? '',
      'bare route': at.bare.toFixed(2),
      'protected route': at.protected.toFixed(2),
      'the check costs': (at.protected - at.bare).toFixed(2),
      goal: index === 1 ? '≤ 3' : '-',
    })),
  );
});

/** Starts Traefik with TLS on a free port. Middlewares are those of the manifests, with the URL of auth. */
async function startTraefik(folder: string, authUrl: string, serviceUrl: string) {
  const documents = parseAllDocuments(readFileSync(join(root, 'k8s/components/forward-auth/middlewares.yaml'), 'utf8'));
  const manifests = documents.map(
    (document) => document.toJS() as { metadata: { name: string }; spec: { forwardAuth: { address: string } } },
  );
  const middlewares = manifests.map(({ metadata, spec: { forwardAuth } }) => [
    metadata.name,
    { forwardAuth: { ...forwardAuth, address: forwardAuth.address.replace(/^http:\/\/[^/]+/, authUrl) } },
  ]);
  const ingress = parse(readFileSync(join(root, 'k8s/components/ingress/ingress.yaml'), 'utf8')) as {
    spec: { rules: { http: { paths: { path: string; pathType: string }[] } }[] };
  };
  const paths = ingress.spec.rules.flatMap(({ http }) => http.paths);
  const own = paths
    .map(({ path, pathType }) => `${pathType === 'Exact' ? 'Path' : 'PathPrefix'}(\`${path}\`)`)
    .join(' || ');
  const route = (rule: string, to: string, used: string[] = []) => ({ rule, service: to, middlewares: used, tls: {} });
  const http = {
    middlewares: Object.fromEntries(middlewares) as object,
    routers: {
      auth: route(own, 'auth'),
      bare: route(`PathPrefix(\`/${name}/bare\`)`, 'service'),
      protected: route(`PathPrefix(\`/${name}\`)`, 'service', ['forward-auth']),
      admin: route(`PathPrefix(\`/${name}/admin\`)`, 'service', ['forward-auth-admin']),
    },
    services: Object.fromEntries(
      Object.entries({ auth: authUrl, service: serviceUrl }).map(([key, url]) => [
        key,
        { loadBalancer: { servers: [{ url }] } },
      ]),
    ) as object,
  };
  const file = join(folder, 'traefik.json');
  writeFileSync(file, JSON.stringify({ http }));
  const port = await freePort();
  const output = openSync(join(folder, 'traefik.log'), 'w');
  const settings = [`entrypoints.gateway.address=127.0.0.1:${port}`, `providers.file.filename=${file}`];
  const quiet = ['global.checknewversion=false', 'global.sendanonymoususage=false'];
  const child = spawn(
    'traefik',
    [...settings, ...quiet].map((setting) => `--${setting}`),
    { stdio: ['ignore', output, output] },
  );
  await once(child, 'spawn');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  };
  return { port, stop };
}
