// Single sign-on to Prometheus, Alertmanager and Argo CD by the auth service, through the cluster's ingress controller: who gets in, and
// what ends it. INGRESS_ADDRESS: IP address of the controller, on port 443.  INGRESS_NAMESPACE: namespace of its pods.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { buildWith, imageEntry } from '../../tools/lib/kustomize.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { callApi } from './lib/api.ts';
import { startArgoCd } from './lib/argocd.ts';
import { Browser, type Page } from './lib/browser.ts';
import { selfSigned } from '../../tools/lib/certificate.ts';
import { idle, tryConnections } from './lib/connections.ts';
import { sql } from './lib/database.ts';
import { deploy, images } from './lib/environment.ts';
import { admitGateway, ingressController } from './lib/ingress-controller.ts';
import { parse } from './lib/manifests.ts';
import { portForward } from './lib/monitoring.ts';
import { phase, pod } from './lib/traffic.ts';

const issuer = 'https://auth.example.com';
const prometheus = 'https://prometheus.example.com';
const alertmanager = 'https://alertmanager.example.com';
const argocd = 'https://argocd.example.com';
const hostOf = (url: string) => new URL(url).host;
const buildInfo = `${prometheus}/api/v1/status/buildinfo`;
/** After how long the proxies ask the provider again: `cookie_refresh`. */
const refreshSeconds = 60;
/** Slow hosts need it, for the requests that find out. */
const toleranceSeconds = 30;
const password = 'seven quiet herons over the delta';

interface Sessions {
  sessions: { id: string; current: boolean }[];
}

interface Person {
  email: string;
  id: string;
  browser: Browser;
}

const place = ({ url }: Page) => url.origin + url.pathname;
const isSignIn = (page: Page) => place(page) === `${issuer}/sign-in`;

/** Opens a tool's page as a person, signing in where the hosted pages ask for it. */
async function signIn({ browser, email }: Person, tool = prometheus): Promise<Page> {
  const page = await browser.open(`${tool}/`);
  return isSignIn(page) ? browser.open(page.url, { email, password }) : page;
}

interface ArgoCdSettings {
  oidcConfig: { clientID: string; scopes: string[] };
}

/** Signs in to Argo CD as its pages do, after another sign-in. Returns the ID token, which they get for the code and keep as a cookie. */
async function signInToArgoCd({ browser }: Person, url: string): Promise<string> {
  const { oidcConfig } = (await (await fetch(`${url}/api/v1/settings`)).json()) as ArgoCdSettings;
  const client = { client_id: oidcConfig.clientID, redirect_uri: `${argocd}/pkce/verify` };
  const verifier = randomBytes(32).toString('base64url');
  const request = new URLSearchParams({
    ...client,
    response_type: 'code',
    scope: oidcConfig.scopes.join(' '),
    state: randomBytes(16).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const { url: back } = await browser.open(`${issuer}/openid/authorize?${request.toString()}`, undefined, argocd);
  const code = back.searchParams.get('code') ?? '';
  const exchange = { ...client, grant_type: 'authorization_code', code, code_verifier: verifier };
  const { text } = await browser.open(`${issuer}/openid/token`, exchange, argocd);
  return (JSON.parse(text) as { id_token: string }).id_token;
}

/** Deploys Prometheus, Alertmanager and their proxies with routes, out of k8s/observability with its component single-sign-on. */
async function deployTools(namespace: string, ip: string, ca: string, secrets: string): Promise<void> {
  const yaml = await buildWith((path) => ({
    resources: [path('tests/cluster/single-sign-on')],
    namespace,
    images: [
      imageEntry('docker.io/prom/prometheus', images.prometheus()),
      imageEntry('docker.io/prom/alertmanager', images.alertmanager()),
      imageEntry('quay.io/oauth2-proxy/oauth2-proxy', images.oauth2Proxy()),
    ],
    configMapGenerator: [{ name: 'drill-ca', literals: [`ca.crt=${ca}`] }],
    patches: [
      {
        target: { kind: 'Deployment', labelSelector: 'app.kubernetes.io/name=oauth2-proxy' },
        patch: JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'any' },
          spec: {
            template: {
              spec: {
                // as public DNS would, and a certificate that only the drill trusts
                hostAliases: [{ ip, hostnames: [hostOf(issuer)] }],
                containers: [
                  {
                    name: 'oauth2-proxy',
                    env: [{ name: 'OAUTH2_PROXY_PROVIDER_CA_FILES', value: '/etc/drill-ca/ca.crt' }],
                    volumeMounts: [{ name: 'drill-ca', mountPath: '/etc/drill-ca' }],
                  },
                ],
                volumes: [{ name: 'drill-ca', configMap: { name: 'drill-ca' } }],
              },
            },
          },
        }),
      },
    ],
  }));
  // no cluster-wide objects, and no Gateway, whose controller the cluster need not have
  const kinds = ['ConfigMap', 'Deployment', 'Namespace', 'NetworkPolicy', 'Service', 'ServiceAccount', 'StatefulSet'];
  const tools = ['prometheus', 'alertmanager', 'oauth2-proxy', undefined];
  const manifests = parse(yaml).filter(
    ({ kind, metadata: { labels = {} } }) => kinds.includes(kind) && tools.includes(labels['app.kubernetes.io/name']),
  );
  const secretOf = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData: Object.fromEntries(
      readdirSync(join(secrets, name)).map((key) => [key, readFileSync(join(secrets, name, key), 'utf8')]),
    ),
  });
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'tools', namespace },
    spec: {
      tls: [{ hosts: [prometheus, alertmanager].map(hostOf), secretName: 'drill-tls' }],
      rules: ['prometheus', 'alertmanager'].map((tool) => ({
        host: `${tool}.example.com`,
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: `oauth2-proxy-${tool}`, port: { name: 'http' } } },
            },
          ],
        },
      })),
    },
  };
  const webhook = { 'webhook-url': 'http://127.0.0.1:9/' };
  await apply({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      ...manifests,
      secretOf('oauth2-proxy'),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'alertmanager', namespace }, stringData: webhook },
      ingress,
    ],
  });
  await until('tools healthy', 300, () => healthy(namespace));
}

/** What pods with the labels of the proxies, and other pods, can reach. */
async function connections(namespace: string, environment: string, controller: string): Promise<Row[]> {
  const ipOf = async (selector: string, of: string) =>
    (await kubectl(['get', 'pods', '-n', of, '-l', selector, '-o', 'jsonpath={.items[0].status.podIP}'])).trim();
  const destinations: Record<string, string> = {
    prometheus: `${await ipOf('app.kubernetes.io/name=prometheus', namespace)}:9090`,
    alertmanager: `${await ipOf('app.kubernetes.io/name=alertmanager', namespace)}:9093`,
    'auth, past the gateway': `${await ipOf('app.kubernetes.io/component=api', environment)}:3000`,
    // Traefik's port, one of those that the policy names
    gateway: `${await ipOf('', controller)}:8443`,
  };
  const proxy = (tool: string) => ({ 'app.kubernetes.io/name': 'oauth2-proxy', 'app.kubernetes.io/instance': tool });
  const sources = {
    'probe-prometheus': { labels: proxy('prometheus'), may: ['prometheus', 'gateway'] },
    'probe-alertmanager': { labels: proxy('alertmanager'), may: ['alertmanager', 'gateway'] },
    'probe-other': { labels: { app: 'other' }, may: [] as string[] },
  };
  const reachedBy = async (name: string) => {
    const results = await tryConnections(name, namespace, Object.values(destinations));
    return Object.keys(destinations).filter((to) => results[destinations[to] ?? ''] === 'connected');
  };
  return Promise.all(
    Object.entries(sources).map(async ([name, { labels, may }]) => {
      await apply(pod(name, namespace, labels, idle));
      await until(`${name} to run`, 300, async () => (await phase(name, namespace)) === 'Running');
      let reached = await reachedBy(name);
      // policies take effect shortly after a pod has started
      for (let tries = 0; reached.join() !== may.join() && tries < 10; tries += 1) {
        await sleep(5000);
        reached = await reachedBy(name);
      }
      return {
        from: name,
        reaches: reached.join(', ') || 'nothing',
        holds: reached.join() === may.join() ? 'yes' : 'NO',
      };
    }),
  );
}

await drill('sso', async ({ own, after, log, table, check }) => {
  const { ip, controller } = ingressController();
  const namespace = await own('drill-sso');
  const monitoring = await own('drill-sso-monitoring');
  const secrets = mkdtempSync(join(tmpdir(), 'sso-'));
  after(async () => rmSync(secrets, { recursive: true }));
  const declared = await run('k8s/observability/single-sign-on/applications.sh', [secrets], { cwd: root });
  const base = readFileSync(join(root, 'k8s/base/auth/applications.yaml'), 'utf8');
  const { certificate: ca, key } = await selfSigned([issuer, prometheus, alertmanager].map(hostOf));
  const tls = (name: string, of: string) =>
    apply({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name, namespace: of },
      stringData: { 'tls.crt': ca, 'tls.key': key },
    });

  await admitGateway(controller, after);
  await deploy({
    namespace,
    components: ['ingress'],
    patches: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'auth-applications' },
        data: { 'applications.yaml': base + declared },
      },
    ],
  });
  await tls('auth-tls', namespace);
  log('the auth service is healthy');
  await deployTools(monitoring, ip, ca, secrets);
  await tls('drill-tls', monitoring);
  log('Prometheus, Alertmanager and their proxies are healthy');

  const argoCd = await startArgoCd(await own('drill-sso-argocd'), ip, ca);
  after(argoCd.close);
  log('Argo CD answers');

  const newBrowser = () => new Browser({ ip, ca });
  for (const url of [`${issuer}/.well-known/jwks.json`, `${prometheus}/ping`, `${alertmanager}/ping`]) {
    await until(`route of ${url}`, 300, async () => (await newBrowser().open(url)).status === 200);
  }
  const service = await portForward(namespace, 'deployment/auth', 3000);
  after(service.close);
  const call = <T>(method: string, path: string, body?: object, token?: string) =>
    callApi<T>(service.url + path, method, { body, token });
  const login = async ({ email }: Person) =>
    (await call<{ access_token: string }>('POST', '/auth/login', { email, password })).access_token;
  async function newPerson(roles: string): Promise<Person> {
    const email = `person-${randomBytes(6).toString('hex')}@example.com`;
    await call('POST', '/auth/register', { email, password });
    const statement = `UPDATE account SET roles = '{${roles}}', email_verified_at = now() WHERE email = '${email}' RETURNING id`;
    return { email, id: await sql(namespace, 'auth', statement), browser: newBrowser() };
  }

  const rows: Row[] = [];
  const expect = (claim: string, seen: string | number, holds: boolean) =>
    rows.push({ claim, seen, holds: holds ? 'yes' : 'NO' });

  for (const tool of [prometheus, alertmanager]) {
    const page = await newBrowser().open(`${tool}/`);
    expect(`anonymous, at ${hostOf(tool)}, is sent to sign-in`, place(page), isSignIn(page));
  }
  const refused = await newBrowser().open(buildInfo);
  expect('anonymous, at the API', refused.status, refused.status === 401);
  const user = await newPerson('user');
  const forbidden = await signIn(user);
  expect('user', forbidden.status, forbidden.status === 403);

  const admin = await newPerson('user,admin');
  await signIn(admin);
  const info = await admin.browser.open(buildInfo);
  expect(
    'admin gets Prometheus’s answer',
    `${info.status} ${info.text.slice(0, 46)}…`,
    info.text.includes('"goVersion"'),
  );
  const status = await admin.browser
    .open(`${alertmanager}/`)
    .then(() => admin.browser.open(`${alertmanager}/api/v2/status`));
  expect('admin gets Alertmanager’s, without another login', status.status, status.text.includes('versionInfo'));
  const cookies = admin.browser.received.filter((header) => header.startsWith('__Host-oauth2-proxy'));
  const attributes = ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax'];
  expect(
    'cookies of the proxies: __Host-, Secure, HttpOnly, SameSite=Lax',
    cookies.length,
    cookies.length > 0 && cookies.every((header) => attributes.every((part) => header.split('; ').includes(part))),
  );

  for (const [role, person, allowed] of [
    ['user', user, 'no'],
    ['admin', admin, 'yes'],
  ] as const) {
    const cookie = `argocd.token=${await signInToArgoCd(person, argoCd.url)}`;
    const path = '/api/v1/account/can-i/applications/sync/devopslocally%2Fprod';
    const { value } = (await (await fetch(argoCd.url + path, { headers: { cookie } })).json()) as { value?: string };
    expect(`Argo CD: may ${role} sync prod?`, value ?? 'no answer', value === allowed);
  }
  const stranger = await fetch(`${argoCd.url}/api/v1/applications`);
  expect('Argo CD: anonymous', stranger.status, stranger.status === 401);

  const [ended, disabled, demoted] = [
    await newPerson('user,admin'),
    await newPerson('user,admin'),
    await newPerson('user,admin'),
  ];
  for (const person of [ended, disabled, demoted]) {
    await signIn(person);
  }
  const rd = `${issuer}/openid/logout?id_token_hint={id_token}&post_logout_redirect_uri=${prometheus}/`;
  const signOut = `${prometheus}/oauth2/sign_out?rd=${encodeURIComponent(rd)}`;
  const left = await admin.browser.submit(await admin.browser.open(signOut));
  expect('sign-out leads back, and so to sign-in', place(left), isSignIn(left));

  const [tokenOfEnded, power] = [await login(ended), await login(admin)];
  const { sessions } = await call<Sessions>('GET', '/auth/sessions', undefined, tokenOfEnded);
  const causes: { cause: string; person: Person; url?: string; begin?: () => Promise<unknown>; status?: number }[] = [
    { cause: 'Alertmanager, after the sign-out from Prometheus', person: admin, url: `${alertmanager}/api/v2/status` },
    {
      cause: 'session ended at /auth/sessions',
      person: ended,
      begin: () =>
        Promise.all(
          sessions
            .filter(({ current }) => !current)
            .map(({ id }) => call('DELETE', `/auth/sessions/${id}`, undefined, tokenOfEnded)),
        ),
    },
    {
      cause: 'account disabled',
      person: disabled,
      begin: () => call('POST', `/auth/admin/accounts/${disabled.id}/disable`, undefined, power),
    },
    {
      cause: 'role admin taken away',
      person: demoted,
      begin: () => call('PUT', `/auth/admin/accounts/${demoted.id}/roles`, { roles: ['user'] }, power),
      status: 403,
    },
  ];
  const [network] = await Promise.all([
    connections(monitoring, namespace, controller),
    ...causes.map(async ({ cause, person: { browser }, url = buildInfo, begin, status: expected = 401 }) => {
      await begin?.();
      const began = Date.now();
      let last = 200;
      await until(`${cause}: access ends`, 300, async () => (last = (await browser.open(url)).status) !== 200, 1000);
      const seconds = (Date.now() - began) / 1000;
      const isInTime = seconds <= refreshSeconds + toleranceSeconds;
      expect(cause, `${last} after ${seconds.toFixed(0)} s`, last === expected && isInTime);
    }),
  ]);
  table(rows);
  check(
    'who gets in, and what ends it',
    rows.every((row) => row['holds'] === 'yes'),
  );
  table(network);
  check(
    'the network policies admit these connections only',
    network.every((row) => row['holds'] === 'yes'),
  );
});
