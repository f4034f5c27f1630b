/**
 * The control of the OpenID provider: the bare library, with its store in memory. The same paths, features, keys, tokens and claims;
 * browsers with the cookies `session=0`, `session=1` and so on are signed in, and the application needs no consent.
 */
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Provider, type Adapter, type AdapterPayload } from 'oidc-provider';

const { CLIENT_ID: clientId = '', REDIRECT_URI: redirectUri = '', BROWSERS: browsers = '0' } = process.env;
const resource = 'https://auth.example.com';
const accountId = 'account';
const ttlSeconds = 3600;

/** What the library's tokens remember of the login; its types leave it out. */
interface Authentication {
  acr: string;
  amr: string[];
  authTime: number;
  sid: string;
}

/** The library's own store in memory forgets all but 1000 entries. */
class MemoryAdapter implements Adapter {
  static readonly entries = new Map<string, AdapterPayload>();
  private readonly model: string;

  constructor(model: string) {
    this.model = model;
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    MemoryAdapter.entries.set(this.key(id), payload);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return MemoryAdapter.entries.get(this.key(id));
  }

  /** Sessions have the same id for both. */
  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.find(uid);
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload) {
      payload.consumed = Math.floor(Date.now() / 1000);
    }
  }

  async destroy(id: string): Promise<void> {
    MemoryAdapter.entries.delete(this.key(id));
  }

  async revokeByGrantId(): Promise<void> {
    throw new Error('a code or token was used twice');
  }

  private key(id: string): string {
    return `${this.model} ${id}`;
  }
}

async function signIn(browser: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const jti = String(browser);
  const common = { jti, accountId, iat: now, exp: now + ttlSeconds };
  await new MemoryAdapter('Grant').upsert(jti, {
    ...common,
    kind: 'Grant',
    clientId,
    openid: { scope: 'openid' },
    resources: { [resource]: 'openid' },
  });
  await new MemoryAdapter('Session').upsert(jti, {
    ...common,
    kind: 'Session',
    uid: jti,
    acr: 'aal1',
    amr: ['pwd'],
    loginTs: now,
    authorizations: { [clientId]: { sid: jti, grantId: jti } },
  });
}

for (let browser = 0; browser < Number(browsers); browser += 1) {
  await signIn(browser);
}
const server = createServer().listen(0, '127.0.0.1');
server.on('listening', () => {
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(url, {
    adapter: MemoryAdapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    clients: [
      {
        client_id: clientId,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        backchannel_logout_uri: redirectUri,
        backchannel_logout_session_required: true,
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'] },
    conformIdTokenClaims: false,
    cookies: { names: { session: 'session' }, long: { signed: false }, short: { signed: false } },
    extraTokenClaims: ({ oidc: { entities } }) => {
      const {
        acr,
        amr,
        authTime: auth_time,
        sid,
      } = (entities.RefreshToken ?? entities.AuthorizationCode) as Authentication;
      return { sid, roles: ['user'], email_verified: true, acr, amr, auth_time };
    },
    features: {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      introspection: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
      revocation: { enabled: true },
    },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    routes: { authorization: '/openid/authorize', token: '/openid/token' },
  });
  const callback = provider.callback();
  server.on('request', (request, response) => {
    void callback(request, response);
  });
  process.stdout.write(`${JSON.stringify({ url })}\n`);
});
process.on('SIGTERM', () => server.close());
