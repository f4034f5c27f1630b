// People use kubectl with their accounts: who may do what, which tokens the API server rejects, and when a disabled account or a removed
// role takes effect.
//   SET_AUTHENTICATION: a command that gives the API server the AuthenticationConfiguration in a file, or none: its last argument.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import * as openid from 'openid-client';
import { parse, stringify } from 'yaml';
import { typeDeviceCode, UserAgent } from '../../apps/auth/test/support/user-agent.ts';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { callApi } from './lib/api.ts';
import { selfSigned } from '../../tools/lib/certificate.ts';
import { sql } from './lib/database.ts';
import { deploy } from './lib/environment.ts';
import { codeBlocks } from './lib/pages.ts';
import { gatewayNamespace, pod } from './lib/traffic.ts';

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
}

interface AuthenticationConfiguration {
  jwt: [{ issuer: object }];
}

/** Somebody with an account, and with a home folder where kubectl's plugin keeps tokens. */
interface Person {
  email: string;
  id: string;
  home: string;
}

/** What the plugin keeps. */
interface Kept {
  access: string;
  expires: string;
  refresh: string;
}

const page = 'docs/operations/kubectl.md';
const documented = { issuer: 'https://auth.example.com', namespace: 'devopslocally-prod' };
const resource = 'https://kubernetes.example.com';
const password = randomBytes(18).toString('base64url');
/** Lifetime of the tokens: short, so that the drill sees their end. */
const tokenSeconds = 60;
/** How long after its end the API server may still accept a token, because of its cache (10 s) and the time that a request takes. */
const maxLateSeconds = 25;

await drill('kubectl', async ({ own, after, log, table, check }) => {
  const [setAuthentication, ...options] = process.env['SET_AUTHENTICATION']?.split(' ') ?? [];
  if (!setAuthentication) {
    throw new Error(
      'SET_AUTHENTICATION is not set: a command that gives the API server an AuthenticationConfiguration',
    );
  }
  const namespace = await own('drill-kubectl');
  const gateway = await own('drill-kubectl-gateway');
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
  after(async () => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);

  // the issuer is named by an IP address, because the API server may not resolve names of the cluster
  const node = await kubectl([
    ...['get', 'nodes', '-o'],
    'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}',
  ]);
  const { certificate, key } = await selfSigned([node]);
  writeFileSync(path('ca.crt'), certificate);
  await gatewayNamespace(gateway);
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'tls', namespace: gateway },
    stringData: {
      'tls.crt': certificate,
      'tls.key': key,
      'tls-gateway.ts': readFileSync(join(import.meta.dirname, 'lib/tls-gateway.ts'), 'utf8'),
    },
  });
  await apply(
    pod('tls-gateway', gateway, { app: 'tls-gateway' }, ['node', '/scripts/tls-gateway.ts', `auth.${namespace}`], {
      volumes: [{ name: 'scripts', secret: { secretName: 'tls' } }],
    }),
  );
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'tls-gateway', namespace: gateway } };
  await apply({ ...service, spec: { type: 'NodePort', selector: { app: 'tls-gateway' }, ports: [{ port: 8443 }] } });
  const { spec } = await getJson<{ spec: { ports: { nodePort: number }[] } }>(['svc', 'tls-gateway', '-n', gateway]);
  const issuer = `https://${node}:${spec.ports[0]?.nodePort}`;
  await deploy({ namespace, components: ['kubectl-access'], config: { TOKEN_ISSUER: issuer, APP_URL: issuer } });

  const kubeconfig = await kubectl(['config', 'view', '--raw', '--minify', '--flatten']);
  writeFileSync(path('kubeconfig'), kubeconfig, { mode: 0o600 });
  const [{ cluster }] = (parse(kubeconfig) as Kubeconfig).clusters;
  const authority = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  setDefaultCACertificates([...getCACertificates(), authority, certificate]);

  const call = (method: string, target: string, token: string, body?: object) =>
    callApi<Record<string, string>>(issuer + target, method, { body, token });

  /** An access token of the admin for the service itself. */
  const login = async () =>
    String((await call('POST', '/auth/login', '', { email: admin.email, password }))['access_token']);

  async function newPerson(name: string, columns: string): Promise<Person> {
    const email = `${name}@example.com`;
    const { id = '' } = await call('POST', '/auth/register', '', { email, password });
    await sql(namespace, 'auth', `UPDATE account SET ${columns} WHERE id = '${id}'`);
    return { email, id, home: mkdtempSync(path(`${name}-`)) };
  }
  const verified = 'email_verified_at = now(), roles =';
  await until('TLS', 300, async () => (await fetch(`${issuer}/.well-known/jwks.json`)).ok);
  const admin = await newPerson('admin', `${verified} '{user,admin}'`);
  const user = await newPerson('user', `${verified} '{user}'`);
  const unverified = await newPerson('unverified', `roles = '{user}'`);
  const demoted = await newPerson('demoted', `${verified} '{user,admin}'`);
  const disabled = await newPerson('disabled', `${verified} '{user,admin}'`);
  // a role that the service does not have, as if its database were in an attacker's hands
  await sql(namespace, 'auth', 'ALTER TABLE account DROP CONSTRAINT account_roles_check');
  const master = await newPerson('master', `${verified} '{user,system:masters}'`);

  let owner = await login();
  const [application] = parse(codeBlocks(page, 'Set up', 'yaml').join('')) as object[];
  for (const client_id of ['kubernetes', 'notes']) {
    const body = { ...application, client_id, access_token_ttl_seconds: tokenSeconds };
    await call('POST', '/auth/admin/applications', owner, body);
  }

  /** Answers the question of a device in a browser, which signs in once more if the service was too busy. */
  async function decide({ email }: Person, code: string, decision: 'allow' | 'deny'): Promise<void> {
    const agent = new UserAgent({ url: issuer });
    const asked = await until(`${email} to be signed in`, 300, async () => {
      await agent.open('/sign-in', { form: { email, password } });
      const page = await typeDeviceCode(agent, code);
      return page.status === 200 && page.url.pathname !== '/sign-in' ? page : undefined;
    });
    await agent.open(asked.url, { form: { decision } });
  }

  /** Tokens of an application, which somebody has allowed. */
  async function tokensOf(clientId: string, person: Person, parameters: Record<string, string>) {
    const client = await openid.discovery(new URL(issuer), clientId, undefined, openid.None());
    const code = await openid.initiateDeviceAuthorization(client, { scope: 'openid profile', ...parameters });
    await decide(person, code.user_code, 'allow');
    return openid.pollDeviceAuthorizationGrant(client, { ...code, interval: 1 });
  }

  /** The status that a request to the API server gets. */
  async function status(token: string | undefined, target: string, method = 'GET'): Promise<number> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(cluster.server + target, { method, headers, signal: AbortSignal.timeout(60_000) });
    await response.body?.cancel();
    return response.status;
  }

  const file = 'k8s/components/kubectl-access/authentication-configuration.yaml';
  const text = readFileSync(join(root, file), 'utf8').replace(documented.issuer, issuer);
  const configuration = parse(text) as AuthenticationConfiguration;
  Object.assign(configuration.jwt[0].issuer, { certificateAuthority: certificate });
  writeFileSync(path('authentication.yaml'), stringify(configuration));
  after(() => run(setAuthentication, [...options, 'none']));
  await run(setAuthentication, [...options, path('authentication.yaml')]);
  const kubernetes = await openid.discovery(new URL(issuer), 'kubernetes', undefined, openid.None());
  let tokens = await tokensOf('kubernetes', admin, { resource });
  await until('the API server to trust the issuer', 300, async () => {
    tokens = { ...tokens, ...(await openid.refreshTokenGrant(kubernetes, String(tokens.refresh_token))) };
    return (await status(tokens.access_token, `/api/v1/namespaces/${namespace}/pods`)) === 200;
  });
  log('the API server trusts the issuer');

  const env = { ...process.env, KUBECONFIG: path('kubeconfig'), NODE_EXTRA_CA_CERTS: path('ca.crt') };
  const [commands = ''] = codeBlocks(page, 'Sign in');
  const script = commands.replace(documented.issuer, issuer).replace(documented.namespace, namespace);
  await run('bash', ['-euc', script], { cwd: root, env });

  /** Runs kubectl. If its plugin asks to sign in, the person allows it, or somebody else denies it. */
  async function as(person: Person, args: string[], stranger?: Person) {
    let decided: Promise<void> | undefined;
    const onStderr = (line: string) => {
      const [, code] = /with the code (\S+)/.exec(line) ?? [];
      if (code) {
        decided = stranger ? decide(stranger, code, 'deny') : decide(person, code, 'allow');
      }
    };
    const output = await run('kubectl', args, { env: { ...env, HOME: person.home }, onStderr }).catch(String);
    await decided;
    return { output, signedIn: decided !== undefined };
  }

  async function pods(person: Person, stranger?: Person): Promise<string> {
    const { output, signedIn } = await as(person, ['get', 'pods', '-o', 'name'], stranger);
    const answer = /^pod\/auth/m.test(output)
      ? 'lists pods'
      : (/Forbidden|must be logged in|access_denied/.exec(output)?.[0] ?? output.trim().split('\n').at(-1) ?? '');
    return signedIn ? `signs in: ${answer}` : answer;
  }

  const cache = ({ home }: Person) => {
    const kept = join(home, '.kube/cache/devopslocally');
    return join(kept, String(readdirSync(kept)[0]));
  };
  const kept = (person: Person) => JSON.parse(readFileSync(cache(person), 'utf8')) as Kept;
  /** Has the plugin take the token that it keeps for an expired one. */
  const expire = (person: Person) =>
    writeFileSync(cache(person), JSON.stringify({ ...kept(person), expires: new Date(0).toISOString() }));

  const rows: Row[] = [];
  const expect = (who: string, request: string, answer: string | number, expected: string | number) => {
    rows.push({ who, request, answer, holds: answer === expected ? 'yes' : 'NO' });
  };

  const expected: [string, Person, string][] = [
    ['an admin', admin, 'signs in: lists pods'],
    ['a user', user, 'signs in: Forbidden'],
    ['an account with an unverified e-mail address', unverified, 'signs in: must be logged in'],
    ['an admin who is demoted later', demoted, 'signs in: lists pods'],
    ['an admin who is disabled later', disabled, 'signs in: lists pods'],
    ['an account with a role system:masters', master, 'signs in: Forbidden'],
  ];
  const began = performance.now();
  const answers = await Promise.all(expected.map(([, person]) => pods(person)));
  const seconds = (performance.now() - began) / 1000;
  log(`${answers.length} people signed in by kubectl get pods, within ${seconds.toFixed(1)} s`);
  expected.forEach(([who, , answer], i) => expect(who, 'kubectl get pods', String(answers[i]), answer));
  expect('an admin', 'kubectl get pods, once more', await pods(admin), 'lists pods');
  expire(admin);
  const atOnce = await Promise.all(Array.from({ length: 5 }, () => pods(admin)));
  expect('an admin', '5 times at once, with an expired token', [...new Set(atOnce)].join(), 'lists pods');
  expect('an admin', 'mode of the file with the tokens', (statSync(cache(admin)).mode & 0o777).toString(8), '600');
  const { output } = await as(master, ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.groups}']);
  expect(
    'an account with a role system:masters',
    'kubectl auth whoami',
    output,
    '["devopslocally:user","devopslocally:system:masters","system:authenticated"]',
  );

  const { access } = kept(admin);
  const inNamespace = `/api/v1/namespaces/${namespace}`;
  const requests: [string, string, number, string?][] = [
    ['pods', `${inNamespace}/pods`, 200],
    ['Secrets', `${inNamespace}/secrets`, 403],
    ['deletes a pod', `${inNamespace}/pods/postgres-0?dryRun=All`, 403, 'DELETE'],
    ['pods of another namespace', '/api/v1/namespaces/kube-system/pods', 403],
  ];
  for (const [request, target, answer, method] of requests) {
    expect('an admin', request, await status(access, target, method), answer);
  }
  const wrong: [string, string | undefined, number][] = [
    ['not a token', 'token', 401],
    ['an ID token', tokens.id_token, 401],
    ['an access token for the service', owner, 401],
    ['an access token of another application', (await tokensOf('notes', admin, { resource })).access_token, 401],
    ['an access token of the application for the service', (await tokensOf('kubernetes', admin, {})).access_token, 401],
  ];
  const anonymous = await status(undefined, `${inNamespace}/pods`);
  // 403 where the API server admits anonymous requests at all
  expect('nobody', 'pods', anonymous, anonymous === 401 ? 401 : 403);
  for (const [who, token, answer] of wrong) {
    expect(who, 'pods', await status(token, `${inNamespace}/pods`), answer);
  }

  expire(demoted);
  expire(disabled);
  await Promise.all([pods(demoted), pods(disabled)]);
  const last = kept(disabled);
  // these need a recent login
  owner = await login();
  await call('PUT', `/auth/admin/accounts/${demoted.id}/roles`, owner, { roles: ['user'] });
  await call('POST', `/auth/admin/accounts/${disabled.id}/disable`, owner);
  const disabledAt = Date.now();
  expect('a demoted admin', 'kubectl get pods, with the last token', await pods(demoted), 'lists pods');
  expire(demoted);
  expect('a demoted admin', 'kubectl get pods, with the next token', await pods(demoted), 'Forbidden');
  expect('a disabled account', 'pods, with the last token', await status(last.access, `${inNamespace}/pods`), 200);
  const refreshed = await openid.refreshTokenGrant(kubernetes, last.refresh).then(
    () => 'tokens',
    (error: unknown) => (error instanceof openid.ResponseBodyError ? error.error : String(error)),
  );
  expect('a disabled account', 'refreshes', refreshed, 'invalid_grant');
  expire(disabled);
  expect('a disabled account', 'kubectl get pods', await pods(disabled, admin), 'signs in: access_denied');
  await until('the API server to reject the last token', 300, async () => {
    return (await status(last.access, `${inNamespace}/pods`)) === 401;
  });
  const refusedAt = Date.now();
  const late = (refusedAt - Date.parse(last.expires)) / 1000;
  log(
    `the API server rejected the last token ${((refusedAt - disabledAt) / 1000).toFixed(1)} s after the account was disabled`,
  );
  expect(
    'a disabled account',
    'pods, when the token has expired',
    late < maxLateSeconds ? 401 : `401 ${late} s late`,
    401,
  );
  table(rows);
  check(
    'accounts are admitted by their roles, and only with tokens for the cluster',
    rows.every(({ holds }) => holds === 'yes'),
  );
});
