/**
 * `make drill-forward-auth`: Traefik with the middlewares of k8s/components/forward-auth, and Envoy and nginx with the configurations of
 * docs/guides/forward-auth.md, in front of the auth service and of a service that the generator makes, which answers with what it gets.
 * Attacks the service behind each, and measures what the check costs.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { nodeFlags } from '../../bench/lib/dockerfile.ts';
import { startProgram } from '../../bench/lib/programs.ts';
import { loadAuthConfig, migrate } from '../built.ts';
import { startPostgres } from '../embedded-postgres.ts';
import { selfSigned } from '../lib/certificate.ts';
import { copyRepository } from '../lib/copy-repository.ts';
import { drill, type Row } from '../lib/drill.ts';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { until } from '../lib/until.ts';
import { attack, clientOf, signIn, type Person, type Send } from './attacks.ts';
import { startGateway } from './gateways.ts';

const name = 'order-history';
const host = 'auth.example.com';
const origin = `https://${host}`;
const password = 'seven quiet herons over the delta';
const measured = 4000;
/** Requests before these, in which Node.js still compiles. */
const warmUp = 4000;

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
  const site = { host, name, authUrl: auth.url, serviceUrl: service.url, ...(await certificateFiles(folder)) };
  const register = async (send: Send, email: string): Promise<Person> => {
    const json = { 'content-type': 'application/json' };
    const { text } = await send('/auth/register', json, 'POST', JSON.stringify({ email, password }));
    return { id: (JSON.parse(text) as { id: string }).id, email, password };
  };
  const database = new pg.Client(postgres.url('auth'));
  await database.connect();
  after(() => database.end());
  const costs: Row[] = [];
  for (const gatewayName of ['Traefik', 'Envoy', 'nginx'] as const) {
    const gateway = await startGateway(gatewayName, site, folder);
    after(gateway.stop);
    const { send, close } = clientOf(host, gateway.port);
    after(async () => close());
    await until(`${gatewayName} serves both`, 300, async () =>
      (await Promise.all([send('/.well-known/jwks.json'), send(`/${name}/bare`)])).every(
        ({ status }) => status === 200,
      ),
    );
    const people = {
      user: await register(send, `user@${gatewayName.toLowerCase()}.example.com`),
      admin: await register(send, `admin@${gatewayName.toLowerCase()}.example.com`),
    };
    await database.query('UPDATE account SET email_verified_at = now()');
    await database.query("UPDATE account SET roles = '{user,admin}' WHERE id = $1", [people.admin.id]);
    const rows = await attack(gatewayName, send, origin, name, people);
    table(rows);
    check(
      `${gatewayName}: every request is answered as it should be`,
      rows.every(({ holds }) => holds === 'yes'),
    );
    const { cookie } = await signIn(send, origin, people.user, `/${name}/list`);
    costs.push(...(await measure(gatewayName, send, cookie)));
    process.kill(auth.pid, 'SIGSTOP');
    const asked = performance.now();
    const { status } = await send(`/${name}/list`, { cookie }).finally(() => process.kill(auth.pid, 'SIGCONT'));
    const waited = (performance.now() - asked) / 1000;
    check(
      `${gatewayName} refuses what the frozen auth service doesn’t answer (${status} after ${waited.toFixed(1)} s)`,
      status >= 500 && waited < (gatewayName === 'Traefik' ? 31 : 6),
    );
    await gateway.stop();
  }
  table(costs);
});

async function certificateFiles(folder: string): Promise<{ certificate: string; key: string }> {
  const pem = await selfSigned([host]);
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  writeFileSync(files.certificate, pem.certificate);
  writeFileSync(files.key, pem.key);
  return files;
}

/** What the check costs, in ms: one request after the other, by turns with and without it. */
async function measure(gateway: string, send: Send, cookie: string | undefined): Promise<Row[]> {
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
  const ms = (list: number[], share: number) => list.toSorted((a, b) => a - b)[Math.floor(list.length * share)] ?? NaN;
  return [0.5, 0.99].map((share) => {
    const [bare, checked] = [ms(times.bare, share), ms(times.protected, share)];
    return {
      gateway,
      ms: `p${share * 100}`,
      'bare route': bare.toFixed(2),
      'protected route': checked.toFixed(2),
      'the check costs': (checked - bare).toFixed(2),
      goal: share === 0.99 ? '≤ 3' : '-',
    };
  });
}
