import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Row } from '../lib/drill.ts';
import type { Gateway } from './gateways.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export type Send = (path: string, headers?: OutgoingHttpHeaders, method?: string, body?: string) => Promise<Answer>;

export interface Person {
  id: string;
  email: string;
  password: string;
}

/** What the service has got. */
interface Received {
  url: string;
  headers: Record<string, string>;
}

/** Names that servers take for one of the headers, and that do not reach the service. Of Envoy, the guide says that `X.Auth.Roles` does. */
const lookalikes = {
  Traefik: ['X_Auth_Roles', 'X-Auth_Roles', 'X.Auth.Roles'],
  Envoy: ['X_Auth_Roles', 'X-Auth_Roles'],
  nginx: ['X_Auth_Roles', 'X-Auth_Roles', 'X.Auth.Roles'],
};

const opens = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
const identity = (headers: Record<string, string>) =>
  ['subject', 'email', 'roles'].map((part) => headers[`x-auth-${part}`]).join(' ');

/** A client that has one connection to a gateway. */
export function clientOf(host: string, port: number): { send: Send; close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, servername: host });
  const send: Send = (path, headers = {}, method = 'GET', body) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, method, agent, timeout: 60_000 };
      const sent = request({ ...options, headers: { host, ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', reject).once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer within 60 s')));
      sent.once('error', reject).end(body);
    });
  return { send, close: () => agent.destroy() };
}

/** Signs in where the gateway sends a browser, and returns the cookie and where the browser goes afterwards. */
export async function signIn(send: Send, origin: string, { email, password }: Person, path: string) {
  const refused = await send(path, opens);
  const page = new URL(refused.headers.location ?? '');
  const shown = await send(page.pathname + page.search, opens);
  const target = page.searchParams.get('continue') ?? '';
  const form = new URLSearchParams({ email, password, continue: target }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', origin };
  const signedIn = await send('/sign-in', headers, 'POST', form);
  const cookie = signedIn.headers['set-cookie']?.find((value) => value.startsWith('__Host-session='))?.split(';', 1)[0];
  return { statuses: [refused.status, shown.status, signedIn.status], cookie, back: signedIn.headers.location };
}

/**
 * Uses and attacks a service behind a gateway.
 * @param name of the service, which answers with what it gets
 * @returns what was claimed and what came
 */
export async function attack(
  gateway: Gateway['name'],
  send: Send,
  origin: string,
  name: string,
  people: { user: Person; admin: Person },
): Promise<Row[]> {
  const rows: Row[] = [];
  const claim = (text: string, got: unknown, holds: boolean) => {
    rows.push({ gateway, claim: text, got: String(got), holds: holds ? 'yes' : 'NO' });
  };
  const received = ({ text, status }: Answer) => {
    if (status !== 200) {
      throw new Error(`${gateway} answered ${status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as Received;
  };
  /** The problem, which nginx replaces by a page of its own. */
  const tells = ({ text }: Answer, code: string) => gateway === 'nginx' || text.includes(code);

  const wanted = `/${name}/list?page=2&q=a%20b`;
  const { statuses, cookie, back } = await signIn(send, origin, people.user, wanted);
  claim('a person without a session signs in', statuses, String(statuses) === '303,200,303');
  claim('and comes back', back, back === wanted);
  const { headers: got, url } = received(await send(back ?? '/', { ...opens, cookie }));
  const ofUser = `${people.user.id} ${people.user.email} user`;
  claim('the service gets the very URL', url, url === wanted);
  claim('the service learns who calls', identity(got), identity(got) === ofUser);
  const script = await send(wanted, { accept: 'application/json' });
  claim('a script without a session', script.status, script.status === 401 && tells(script, 'session_missing'));
  const forbidden = await send(`/${name}/admin`, { ...opens, cookie });
  claim('a user opens a route of admins', forbidden.status, forbidden.status === 403);
  const admin = await signIn(send, origin, people.admin, `/${name}/admin`);
  const allowed = received(await send(`/${name}/admin`, { ...opens, cookie: admin.cookie })).headers;
  const ofAdmin = `${people.admin.id} ${people.admin.email} user,admin`;
  claim('an admin opens it', identity(allowed), identity(allowed) === ofAdmin);

  const forged = {
    'X-Auth-Subject': [people.admin.id, people.admin.id],
    'X-AUTH-ROLES': 'admin',
    'x-auth-email': people.admin.email,
  };
  const deceived = received(await send(wanted, { ...opens, cookie, ...forged })).headers;
  claim('forged headers don’t reach the service', identity(deceived), identity(deceived) === ofUser);
  for (const header of lookalikes[gateway]) {
    for (const connection of ['keep-alive', `keep-alive, ${header}`]) {
      const answer = await send(wanted, { ...opens, cookie, connection, [header]: 'admin' });
      const isAway = answer.status !== 200 || !Object.hasOwn(received(answer).headers, header.toLowerCase());
      claim(`a look-alike: ${header}; Connection: ${connection}`, answer.status, isAway);
    }
  }
  const hop = await send(wanted, { ...opens, cookie, connection: 'keep-alive, X-Auth-Roles', 'x-auth-roles': 'admin' });
  const roles = received(hop).headers['x-auth-roles'] ?? '';
  claim('a header declared hop-by-hop', roles || 'none', !roles.includes('admin'));
  const spoofed = {
    'x-forwarded-uri': `/${name}/bare`,
    'x-forwarded-method': 'GET',
    'x-forwarded-host': 'evil.example',
  };
  const { location } = (await send(wanted, { ...opens, ...spoofed })).headers;
  const signInPage = `${origin}/sign-in?${new URLSearchParams({ continue: wanted }).toString()}`;
  claim('the client can’t state another URL', location, location === signInPage);

  // the host of such a target goes before the header (RFC 9112 §3.2.2)
  const other = await send(`https://evil.example${wanted}`, { ...opens, cookie });
  const isSame = other.status !== 200 || received(other).headers['host'] === new URL(origin).host;
  claim('a request target of another host', other.status, isSame);

  // a gateway that resolves them must check what it has resolved
  const ways = ['../list', '%2e%2e/list', '..%2flist', 'x/../../list', '..', '..;/list', '..%3b/list'];
  for (const path of ways.map((way) => `/${name}/admin/${way}`)) {
    const answer = await send(path, { ...opens, cookie });
    const isHeld = answer.status !== 200 || !/admin|\.\.|%2e/.test(received(answer).url);
    claim(`a way out of the admins’ path: ${path}`, answer.status, isHeld);
  }

  const elsewhere = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', ...spoofed };
  const posted = await send(wanted, { ...elsewhere, origin: 'https://evil.example' }, 'POST');
  claim('a form of another site', posted.status, posted.status === 403 && tells(posted, 'cross_site_request'));
  const socket = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  const hijack = await send(wanted, { ...elsewhere, 'sec-fetch-mode': 'websocket', ...socket });
  claim('a WebSocket of another site', hijack.status, hijack.status === 403);
  const asks = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' };
  const preflight = await send(wanted, asks, 'OPTIONS');
  claim('a preflight of another site', preflight.status, preflight.status === 401);

  await send('/auth/session', { cookie, origin }, 'DELETE');
  const ended = await send(wanted, { cookie });
  claim('an ended session is refused at once', ended.status, ended.status === 401);
  return rows;
}
