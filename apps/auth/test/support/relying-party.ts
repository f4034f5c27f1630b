import { createHash } from 'node:crypto';
import * as openid from 'openid-client';
import { freePort } from '../../../../tools/lib/free-port.ts';
import { startTestService, type TestService } from './service.ts';
import type { Page, UserAgent } from './user-agent.ts';

export const redirectUri = 'https://app.example.com/signed-in';

/** A service whose issuer is the URL that it listens on, as the clients of an OpenID provider demand. */
export async function startIssuer(overrides: NodeJS.ProcessEnv = {}): Promise<TestService> {
  const port = String(await freePort());
  return startTestService({ PORT: port, TOKEN_ISSUER: `http://127.0.0.1:${port}`, ...overrides });
}

/** An application to register. */
interface ApplicationOptions {
  client_id: string;
  kind?: string;
  first_party?: boolean;
  redirect_uris?: string[];
  scopes?: string[];
  resources?: string[];
  audiences?: string[];
  backchannel_logout_uri?: string | null;
}

export const secretOf = (clientId: string) => `secret-of-${clientId}`;

/** Registers an application; one that keeps secrets has {@link secretOf} its client id. */
export async function addApplication({ database }: TestService, options: ApplicationOptions): Promise<string> {
  const { client_id, kind = 'web', first_party = true, scopes = [], resources = [], audiences = [] } = options;
  const redirectUris = options.redirect_uris ?? ['https://app.example.com/signed-in'];
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO application (id, client_id, name, kind, first_party, declared, redirect_uris, post_logout_redirect_uris,
       origins, backchannel_logout_uri, resources, scopes, audiences)
     VALUES (gen_random_uuid(), $1, $1, $2, $3, false, $4, '{https://app.example.com/}', '{https://app.example.com}', $5, $6, $7, $8)
     RETURNING id`,
    [
      client_id,
      kind,
      first_party,
      kind === 'machine' ? [] : redirectUris,
      options.backchannel_logout_uri ?? null,
      resources,
      scopes,
      audiences,
    ],
  );
  const id = String(rows[0]?.id);
  const hash = createHash('sha256').update(secretOf(client_id)).digest();
  await database.query('INSERT INTO application_secret (id, application_id, hash) VALUES (gen_random_uuid(), $1, $2)', [
    id,
    hash,
  ]);
  return id;
}

/** Configures an application as its developers do: by discovery. */
export const discover = (
  { url }: Pick<TestService, 'url'>,
  clientId: string,
  authentication = openid.ClientSecretBasic(secretOf(clientId)),
): Promise<openid.Configuration> =>
  openid.discovery(new URL(url), clientId, undefined, authentication, {
    // the issuer under test is on loopback, without TLS
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    execute: [openid.allowInsecureRequests],
  });

/** A request for authorization, and the page that it has led the browser to. */
export interface AuthorizationRequest {
  page: Page;
  verifier: string;
  state: string;
  nonce: string;
}

/** Where an application sends a browser. */
export async function authorizationUrl(
  config: openid.Configuration,
  parameters: Record<string, string> = {},
): Promise<Omit<AuthorizationRequest, 'page'> & { url: URL }> {
  const [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid email profile',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  });
  return { url, verifier, state, nonce };
}

/** Authorizes an application in a browser. */
export async function authorize(
  config: openid.Configuration,
  agent: UserAgent,
  parameters: Record<string, string> = {},
): Promise<AuthorizationRequest> {
  const { url, ...request } = await authorizationUrl(config, parameters);
  return { ...request, page: await agent.open(url) };
}

/** Exchanges the code that a browser has brought back. */
export const exchange = (
  config: openid.Configuration,
  { page, verifier, state, nonce }: Omit<AuthorizationRequest, 'page'> & { page: Pick<Page, 'url'> },
) =>
  openid.authorizationCodeGrant(config, page.url, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });

/** Signs in to an application as its server does, and returns its tokens. */
export const signIn = async (config: openid.Configuration, agent: UserAgent, parameters: Record<string, string> = {}) =>
  exchange(config, await authorize(config, agent, parameters));
