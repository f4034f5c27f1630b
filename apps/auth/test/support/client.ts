import { randomBytes } from 'node:crypto';
import { strongPassword, type TestService } from './service.ts';

/** A response of the API with its body. */
export interface Answer {
  status: number;
  headers: Headers;
  // bodies are asserted field by field
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

interface Call {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

/** A session as a client holds it. */
export interface Login {
  email: string;
  accessToken: string;
  refreshToken: string;
  cookie: string;
}

/** The profile of an account that states none. */
export const noProfile = {
  name: null,
  given_name: null,
  family_name: null,
  picture: null,
  locale: null,
  zoneinfo: null,
  public_metadata: {},
};

/** Calls the API as a client does. */
export class Client {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call(method: string, path: string, { body, token, headers = {} }: Call = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  register(email: string, password = strongPassword): Promise<Answer> {
    return this.call('POST', '/auth/register', { body: { email, password } });
  }

  login(email: string, password = strongPassword, cookie?: string): Promise<Answer> {
    return this.call('POST', '/auth/login', { body: { email, password }, ...(cookie ? { headers: { cookie } } : {}) });
  }

  refresh(refreshToken: string): Promise<Answer> {
    return this.call('POST', '/auth/refresh', { body: { refresh_token: refreshToken } });
  }

  me(token: string): Promise<Answer> {
    return this.call('GET', '/auth/me', { token });
  }

  /** A new session. Throws if the login fails. */
  async newSession(email: string, password = strongPassword): Promise<Login> {
    const { status, body, headers } = await this.login(email, password);
    if (status !== 200) {
      throw new Error(`login responded with ${String(status)} ${JSON.stringify(body)}`);
    }
    const cookie = headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    return { email, accessToken: body.access_token, refreshToken: body.refresh_token, cookie };
  }

  /** A new account with a session. */
  async newAccount(email = newEmail()): Promise<Login> {
    const { status, body } = await this.register(email);
    if (status > 299) {
      throw new Error(`registration responded with ${String(status)} ${JSON.stringify(body)}`);
    }
    return this.newSession(email);
  }
}

/** A new account with the admin role and a session. */
export async function newAdmin(
  service: TestService,
  client = new Client(service.url),
): Promise<Login & { id: string }> {
  const { email } = await client.newAccount();
  const grant = "UPDATE account SET roles = '{user,admin}' WHERE email = $1 RETURNING id";
  const { rows } = await service.database.query<{ id: string }>(grant, [email]);
  return { ...(await client.newSession(email)), id: rows[0]?.id ?? '' };
}

/**
 * How many attempts beyond its burst a rate limit may have allowed by now: one after each delay of 1 s, 2 s, 4 s …; none on
 * a fast machine.
 * @param since when the attempts began, by `Date.now()`
 */
export function waitsSince(since: number): number {
  return Math.floor(Math.log2(1 + (Date.now() - since) / 1000));
}

/** An e-mail address that no other test uses. */
export function newEmail(): string {
  return `user-${randomBytes(6).toString('hex')}@example.com`;
}
