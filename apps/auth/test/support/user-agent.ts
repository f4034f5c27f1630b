import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { Client } from './client.ts';
import type { TestService } from './service.ts';

/** A page that a {@link UserAgent} got. */
export interface Page {
  url: URL;
  status: number;
  headers: Headers;
  text: string;
}

/** What a form of the OpenID library must send back (its `xsrf`); empty if the page has none. */
export const xsrfIn = ({ text }: Pick<Page, 'text'>): string => /name="xsrf" value="(\w+)"/.exec(text)?.[1] ?? '';

/** A browser without scripts: it keeps cookies by their paths, and follows redirects within the service. */
export class UserAgent {
  private readonly cookies = new Map<string, { value: string; path: string }>();
  private readonly origin: string;

  constructor(service: Pick<TestService, 'url'>) {
    this.origin = service.url;
  }

  /** A browser in which somebody has signed in. */
  static async signedIn(service: TestService, client: Client, email: string): Promise<UserAgent> {
    const agent = new UserAgent(service);
    await agent.signIn(service, client, email);
    return agent;
  }

  /** Signs in, and returns the id of the session. */
  async signIn({ database }: TestService, client: Client, email: string): Promise<string> {
    const { accessToken } = await client.newSession(email);
    const sessionId = String(decodeJwt(accessToken)['sid']);
    const value = randomBytes(32).toString('base64url');
    const browserHash = createHash('sha256').update(value).digest();
    await database.query('UPDATE session SET browser_hash = $1 WHERE id = $2', [browserHash, sessionId]);
    this.cookies.set('session', { value, path: '/' });
    return sessionId;
  }

  /** Sets cookies for all paths, as another host of the same domain can. */
  plant(cookies: Record<string, string>): void {
    for (const [name, value] of Object.entries(cookies)) {
      this.cookies.set(name, { value, path: '/' });
    }
  }

  cookie(name: string): string | undefined {
    return this.cookies.get(name)?.value;
  }

  /** Opens a URL, and follows redirects until one leaves the service. */
  async open(
    url: string | URL,
    options: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Page> {
    let page = await this.fetch(new URL(url, this.origin), options);
    for (let hop = 0; hop < 20 && page.headers.has('location'); hop += 1) {
      const next = new URL(String(page.headers.get('location')), page.url);
      if (next.origin !== this.origin) {
        return { ...page, url: next };
      }
      page = await this.fetch(next);
    }
    return page;
  }

  private async fetch(
    url: URL,
    { form, headers = {} }: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Page> {
    const cookie = [...this.cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie, accept: 'text/html', ...(form && { origin: this.origin }), ...headers },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const header of response.headers.getSetCookie()) {
      const [name = '', value = ''] = header.split(';', 1)[0]?.split('=') ?? [];
      const path = /path=([^;]+)/i.exec(header)?.[1] ?? '/';
      if (value === '') {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, { value, path });
      }
    }
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }
}

/** Types and confirms the code of a device (RFC 8628 §3.3), and answers with the page that asks for consent. */
export async function typeDeviceCode(agent: UserAgent, code: string): Promise<Page> {
  const form = await agent.open('/openid/device');
  const asked = await agent.open('/openid/device', { form: { xsrf: xsrfIn(form), user_code: code } });
  return agent.open('/openid/device', { form: { xsrf: xsrfIn(asked), user_code: code, confirm: 'yes' } });
}
