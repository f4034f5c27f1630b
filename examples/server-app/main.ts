/** A web server that signs people in by the auth service, and calls a protected service for them. */
import { parseCookie, stringifySetCookie } from 'cookie';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { OpenIdProvider, type SignIn } from './provider.ts';
import { Sessions } from './sessions.ts';

const { CLIENT_SECRET = '', CLIENT_ID = 'server-app', PORT = '8080' } = process.env;
const issuer = new URL(process.env['ISSUER'] ?? 'http://localhost:3000');
const notesUrl = process.env['NOTES_URL'] ?? 'http://127.0.0.1:3001/notes';
const url = process.env['APP_URL'] ?? `http://localhost:${PORT}`;

const isSecure = url.startsWith('https:');
// no other host of the domain can set cookies with this prefix; browsers accept it with TLS alone
const cookiePrefix = isSecure ? '__Host-' : '';
const sessionCookie = `${cookiePrefix}server-app-session`;
const signInCookie = `${cookiePrefix}server-app-sign-in`;
const signInMaxAge = 600;
const maxBodyBytes = 16_384;

const provider = await OpenIdProvider.discover(issuer, CLIENT_ID, CLIENT_SECRET, url);
const sessions = new Sessions(provider);

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

const routes: Readonly<Record<string, Handler>> = {
  async 'GET /'(request, response) {
    const id = cookieOf(request, sessionCookie);
    const session = sessions.find(id);
    const token = session && (await sessions.accessToken(id, session));
    if (!session || token === undefined) {
      return page(response, 200, '<h1>Welcome</h1><p><a href="/sign-in">Sign in</a></p>');
    }
    const signOut = '<form method="post" action="/sign-out"><button>Sign out</button></form>';
    return page(
      response,
      200,
      `<h1>Hello ${escape(session.name)}</h1><pre>${escape(await notes(token))}</pre>${signOut}`,
    );
  },

  async 'GET /sign-in'(_request, response) {
    const { url: location, ...signIn } = await provider.begin();
    setCookie(response, signInCookie, JSON.stringify(signIn), signInMaxAge);
    redirect(response, location);
  },

  async 'GET /signed-in'(request, response) {
    const signIn = JSON.parse(cookieOf(request, signInCookie) || '{}') as SignIn;
    setCookie(response, signInCookie, '', 0);
    try {
      const tokens = await provider.finish(String(request.url), signIn);
      sessions.end(cookieOf(request, sessionCookie));
      setCookie(response, sessionCookie, sessions.start(tokens));
    } catch (error) {
      process.stderr.write(`sign-in failed: ${String(error)}\n`);
      return page(response, 400, '<h1>That did not work</h1><p><a href="/sign-in">Try again</a></p>');
    }
    return redirect(response, '/');
  },

  async 'POST /sign-out'(request, response) {
    // a page of another site must not sign anybody out
    if (request.headers['sec-fetch-site'] !== 'same-origin') {
      return page(response, 403, '<h1>That did not work</h1>');
    }
    const id = cookieOf(request, sessionCookie);
    const session = sessions.find(id);
    sessions.end(id);
    setCookie(response, sessionCookie, '', 0);
    return redirect(response, session ? provider.signOutUrl(session.idToken) : '/');
  },

  async 'POST /back-channel-logout'(request, response) {
    const form = new URLSearchParams(await bodyOf(request));
    sessions.endAllOf(await provider.endedSession(form.get('logout_token') ?? ''));
    response.writeHead(200).end();
  },
};

/** What the protected service answers to the person's access token. */
async function notes(token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(notesUrl, { headers, signal: AbortSignal.timeout(5000) });
  return response.text();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBodyBytes) {
      throw new Error('the body is too long');
    }
  }
  return body;
}

const cookieOf = (request: IncomingMessage, name: string) => parseCookie(request.headers.cookie ?? '')[name] ?? '';

function setCookie(response: ServerResponse, name: string, value: string, maxAge?: number): void {
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure } as const;
  response.appendHeader('set-cookie', stringifySetCookie({ name, value, maxAge, ...options }));
}

function redirect(response: ServerResponse, location: URL | string): ServerResponse {
  return response.writeHead(303, { location: String(location) }).end();
}

function page(response: ServerResponse, status: number, body: string): ServerResponse {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  });
  return response.end(`<!doctype html><html lang="en"><title>Notes</title>${body}</html>`);
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const server = createServer((request, response) => {
  response.setHeader('cache-control', 'no-store');
  const [path = ''] = (request.url ?? '').split('?', 1);
  const handler = routes[`${request.method ?? ''} ${path}`];
  if (!handler) {
    page(response, 404, '<h1>Page not found</h1>');
    return;
  }
  handler(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    page(response, 400, '<h1>That did not work</h1>');
  });
});
server.listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`the application is at ${url}\n`));
