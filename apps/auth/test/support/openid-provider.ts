import { exportJWK, generateKeyPair } from 'jose';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type Adapter, type AdapterPayload } from 'oidc-provider';
import { cleanUpWith } from './clean-up.ts';

/** Where providers redirect browsers to; nothing needs to listen there. */
export const redirectUri = 'https://app.example.com/signed-in';

type Callback = ReturnType<Provider['callback']>;

/** A provider's claims about a person. */
interface Claims {
  email?: string;
  email_verified?: boolean;
}

/** A real OpenID provider, which logs each visitor in as the person in `login_hint`. */
export class OpenIdProvider {
  readonly id: string;
  readonly people = new Map<string, Claims>();
  /** Requests to exchange a code so far. */
  exchanges = 0;
  /** The key set to publish instead of its own. */
  foreignKeys: { keys: object[] } | undefined;
  issuer = '';
  /** The person whom it logs in without a `login_hint`. */
  visitor = '';
  private server: Server;
  private silent = false;
  private readonly adapter = storage();
  private callback: Callback;
  private interaction: Callback;

  private readonly redirectUris: string[];

  private constructor(id: string, redirectUris: string[]) {
    this.id = id;
    this.redirectUris = redirectUris;
  }

  static async start(id: string, redirectUris = [redirectUri]): Promise<OpenIdProvider> {
    const started = new OpenIdProvider(id, redirectUris);
    await started.listen();
    cleanUpWith(() => {
      started.stop();
    });
    return started;
  }

  /** Its entry in `OIDC_PROVIDERS`. */
  get settings() {
    return {
      id: this.id,
      name: this.id.toUpperCase(),
      issuer: this.issuer,
      client_id: `auth-at-${this.id}`,
      client_secret: `secret-at-${this.id}`,
      redirect_uris: [...this.redirectUris, 'com.example.app:/signed-in'],
    };
  }

  /** Adds a person, and returns the subject. */
  person(claims: Claims): string {
    const subject = randomBytes(8).toString('hex');
    this.people.set(subject, claims);
    return subject;
  }

  /** Follows a flow from its start as a browser does, logs in, and returns the query of the redirect back. */
  async logIn(authorizationUrl: string, subject: string): Promise<{ code: string; state: string; iss: string }> {
    const cookies = new Map<string, string>();
    let url = new URL(authorizationUrl);
    url.searchParams.set('login_hint', subject);
    for (let hop = 0; hop < 10 && url.origin === new URL(this.issuer).origin; hop += 1) {
      const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
      const response = await fetch(url, { redirect: 'manual', headers });
      for (const cookie of response.headers.getSetCookie()) {
        const [name = '', value = ''] = cookie.split(';', 1)[0]?.split('=') ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location === null) {
        throw new Error(`the provider responded with ${String(response.status)} ${await response.text()}`);
      }
      url = new URL(location, url);
    }
    return Object.fromEntries(url.searchParams) as { code: string; state: string; iss: string };
  }

  /** Accepts requests without responding. */
  silence(silent = true): void {
    this.silent = silent;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async listen(): Promise<void> {
    this.server = createServer((request, response) => {
      if (this.silent) {
        return;
      }
      if (request.url === '/jwks' && this.foreignKeys) {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(this.foreignKeys));
        return;
      }
      this.exchanges += request.url === '/token' ? 1 : 0;
      const answer = request.url?.startsWith('/interaction/') ? this.interaction : this.callback;
      answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.issuer = `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    await this.newKey();
  }

  /** Publishes a new signing key instead of the previous one, and uses it at once. */
  async newKey(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const { client_id, client_secret } = this.settings;
    const provider: Provider = new Provider(this.issuer, {
      clients: [{ client_id, client_secret, redirect_uris: this.redirectUris }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
      cookies: { keys: [randomBytes(16).toString('hex')] },
      ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
      adapter: this.adapter,
      jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_context, subject) => ({
        accountId: subject,
        claims: () => ({ sub: subject, ...this.people.get(subject) }),
      }),
      // a login implies consent
      loadExistingGrant: async ({ oidc }) => {
        const grant = new provider.Grant({ clientId: client_id, accountId: oidc.session?.accountId ?? '' });
        grant.addOIDCScope('openid email');
        await grant.save();
        return grant;
      },
    });
    this.callback = provider.callback();
    this.interaction = async (request, response) => {
      const { params } = await provider.interactionDetails(request, response);
      const accountId = typeof params['login_hint'] === 'string' ? params['login_hint'] : this.visitor;
      await provider.interactionFinished(request, response, { login: { accountId } });
    };
  }
}

/** Keeps a provider's codes, grants and sessions in memory. */
function storage(): (kind: string) => Adapter {
  const entries = new Map<string, AdapterPayload>();
  return (kind) => {
    const find = async (test: (payload: AdapterPayload) => boolean) =>
      [...entries].filter(([key]) => key.startsWith(`${kind}:`)).find(([, payload]) => test(payload))?.[1];
    return {
      upsert: async (id, payload) => void entries.set(`${kind}:${id}`, payload),
      find: async (id) => entries.get(`${kind}:${id}`),
      findByUid: (uid) => find((payload) => payload.uid === uid),
      findByUserCode: (code) => find((payload) => payload.userCode === code),
      consume: async (id) => void Object.assign(entries.get(`${kind}:${id}`) ?? {}, { consumed: Date.now() / 1000 }),
      destroy: async (id) => void entries.delete(`${kind}:${id}`),
      revokeByGrantId: async (grant) => {
        for (const [key, payload] of entries) {
          if (payload.grantId === grant) {
            entries.delete(key);
          }
        }
      },
    };
  };
}
