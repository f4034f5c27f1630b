// Takes one account through the API at the given URL and deletes it again: register, login, me, refresh, logout, and the sign-in to an
// application by the authorization code flow with PKCE. Where nobody can register and log in without a mail, as the service's settings
// say, it creates none. The application is the one that applications.yaml declares for it.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const base = process.argv[2] ?? 'http://localhost:3000';
const patience = 240_000;
const email = `smoke-${randomBytes(8).toString('hex')}@example.com`;
const password = randomBytes(18).toString('base64url');
const application = { client_id: 'smoke-test', redirect_uri: 'https://smoke-test.invalid/' };

interface Tokens {
  access_token: string;
  refresh_token: string;
}

interface Options {
  headers?: Record<string, string>;
  body?: string | URLSearchParams;
}

async function send(method: string, path: string, expected: number, options: Options = {}): Promise<Response> {
  const started = performance.now();
  const response = await fetch(base + path, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
    ...options,
  });
  const [shown = ''] = path.split('?');
  console.log(
    `${method.padEnd(6)} ${shown.padEnd(16)} ${response.status} ${(performance.now() - started).toFixed(0)} ms`,
  );
  if (response.status !== expected) {
    throw new Error(`${method} ${shown}: ${response.status}, expected ${expected}`);
  }
  return response;
}

async function call(method: string, path: string, expected: number, body?: object, token?: string): Promise<unknown> {
  const response = await send(method, path, expected, {
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}

/** A browser without JavaScript. It reaches the service at `base`, whatever the issuer's URL is. */
class Browser {
  private readonly cookies = new Map<string, string>();
  private readonly issuer: string;

  constructor(issuer: string) {
    this.issuer = new URL(issuer).origin;
  }

  /** Opens a URL, or sends a form to it, and returns where that redirects to. */
  async redirected(url: URL, form?: Record<string, string>): Promise<URL> {
    const response = await send(form ? 'POST' : 'GET', url.pathname + url.search, 303, {
      headers: {
        cookie: Array.from(this.cookies, (cookie) => cookie.join('=')).join('; '),
        ...(form && { origin: this.issuer }),
      },
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.cookies.set(name, value);
    }
    return new URL(response.headers.get('location') ?? '', url);
  }
}

/** Begins the authorization code flow (RFC 6749 §4.1, RFC 7636) and follows it to the sign-in page. */
async function startSignIn() {
  const { issuer } = (await call('GET', '/.well-known/openid-configuration', 200)) as { issuer: string };
  const browser = new Browser(issuer);
  const verifier = randomBytes(32).toString('base64url');
  const authorization = new URL('/openid/authorize', issuer);
  authorization.search = new URLSearchParams({
    ...application,
    response_type: 'code',
    scope: 'openid',
    state: verifier.slice(0, 8),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const signIn = await browser.redirected(await browser.redirected(authorization));
  await send('GET', signIn.pathname + signIn.search, 200);
  return { browser, signIn, verifier };
}

const requestTokens = (parameters: Record<string, string>, expected: number) =>
  send('POST', '/openid/token', expected, {
    body: new URLSearchParams({ ...application, grant_type: 'authorization_code', ...parameters }),
  });

async function signInToApplication(): Promise<void> {
  const { browser, signIn, verifier } = await startSignIn();
  const resumed = await browser.redirected(await browser.redirected(signIn, { email, password }));
  const consent = await browser.redirected(resumed);
  const allowed = await browser.redirected(consent, { decision: 'allow' });
  const { searchParams, origin } = await browser.redirected(allowed);
  if (!application.redirect_uri.startsWith(origin)) {
    throw new Error(`the flow ended at ${origin}`);
  }
  const tokens = await requestTokens({ code: searchParams.get('code') ?? '', code_verifier: verifier }, 200);
  const { access_token } = (await tokens.json()) as Tokens;
  await call('GET', '/openid/userinfo', 200, undefined, access_token);
}

async function ready(): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const ok = await fetch(`${base}/health/ready`, { signal: AbortSignal.timeout(5000) }).then(
      (r) => r.ok,
      () => false,
    );
    if (ok) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(`${base} was not ready within ${patience / 1000} s`);
    }
    await sleep(1000);
  }
}

async function walkWithAccount(): Promise<void> {
  await call('POST', '/auth/register', 201, { email, password });
  const first = (await call('POST', '/auth/login', 200, { email, password })) as Tokens;
  await call('GET', '/auth/me', 200, undefined, first.access_token);
  const second = (await call('POST', '/auth/refresh', 200, { refresh_token: first.refresh_token })) as Tokens;
  await call('POST', '/auth/logout', 204, undefined, second.access_token);
  await call('POST', '/auth/refresh', 401, { refresh_token: second.refresh_token });
  await signInToApplication();
  const third = (await call('POST', '/auth/login', 200, { email, password })) as Tokens;
  await call('DELETE', '/auth/me', 204, { password }, third.access_token);
}

async function walkWithoutAccount(): Promise<void> {
  await call('GET', '/.well-known/jwks.json', 200);
  await call('POST', '/auth/login', 401, { email, password });
  await call('POST', '/auth/refresh', 401, { refresh_token: password });
  await call('GET', '/auth/me', 401);
  const { verifier } = await startSignIn();
  await requestTokens({ code: verifier, code_verifier: verifier }, 400);
}

const { REGISTRATION_OPEN, REQUIRE_VERIFIED_EMAIL } = process.env;
await ready();
await (REGISTRATION_OPEN === 'false' || REQUIRE_VERIFIED_EMAIL === 'true' ? walkWithoutAccount() : walkWithAccount());
console.log('smoke test passed');
