import { beforeAll, expect, it } from 'vitest';
import { decodeProtectedHeader } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import * as openid from 'openid-client';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { addApplication, redirectUri, secretOf, signIn, startIssuer } from './support/relying-party.ts';
import { startTestService, type TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

const publishAheadSeconds = 5;
const rotations = 3;
const minFlows = 50;

let service: TestService;
let replicas: string[];
let client: Client;
let agent: UserAgent;
let admin: string;

beforeAll(async () => {
  const settings = { KEY_PUBLISH_AHEAD_SECONDS: String(publishAheadSeconds) };
  service = await startIssuer(settings);
  const { databaseUrl, url } = service;
  const second = await startTestService({ DATABASE_URL: databaseUrl, TOKEN_ISSUER: url, ...settings });
  replicas = [url, second.url];
  client = new Client(url);
  const email = newEmail();
  await client.register(email);
  agent = await UserAgent.signedIn(service, client, email);
  admin = (await newAdmin(service)).accessToken;
  await addApplication(service, { client_id: 'notes' });
  await client.call('POST', '/auth/admin/applications', {
    token: admin,
    body: {
      client_id: 'grafana',
      name: 'Grafana',
      kind: 'web',
      first_party: true,
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: 'RS256',
    },
  });
  const { rows } = await service.database.query("SELECT id FROM application WHERE client_id = 'grafana'");
  await service.database.query(
    `INSERT INTO application_secret (id, application_id, hash) VALUES (gen_random_uuid(), $1, sha256($2))`,
    [rows[0]?.id, secretOf('grafana')],
  );
});

let sent = 0;
/** Sends each request to the next replica. */
const balanced: openid.CustomFetch = (url, options) => {
  sent += 1;
  return fetch(url.replace(service.url, replicas[sent % replicas.length] ?? ''), options);
};

/** A client that has just begun, so that it has no keys yet, and that verifies the signatures of ID tokens. */
function relyingParty(clientId: string, algorithm: string): openid.Configuration {
  const server = {
    issuer: service.url,
    authorization_endpoint: `${service.url}/openid/authorize`,
    token_endpoint: `${service.url}/openid/token`,
    jwks_uri: `${service.url}/.well-known/jwks.json`,
    authorization_response_iss_parameter_supported: true,
  };
  const metadata = { id_token_signed_response_alg: algorithm };
  const config = new openid.Configuration(server, clientId, metadata, openid.ClientSecretBasic(secretOf(clientId)));
  // the issuer under test is on loopback, without TLS
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  openid.allowInsecureRequests(config);
  openid.enableNonRepudiationChecks(config);
  config[openid.customFetch] = balanced;
  return config;
}

it('signs ID tokens with RS256 for applications that ask, and access tokens with ES256', async () => {
  const grafana = relyingParty('grafana', 'RS256');
  const tokens = await signIn(grafana, agent);
  expect(decodeProtectedHeader(String(tokens.id_token)).alg).toBe('RS256');
  expect(decodeProtectedHeader(tokens.access_token).alg).toBe('ES256');
  expect((await client.me(tokens.access_token)).status).toBe(200);
  const refreshed = await openid.refreshTokenGrant(grafana, String(tokens.refresh_token));
  expect(decodeProtectedHeader(String(refreshed.id_token)).alg).toBe('RS256');
  // the ID token is a hint of who is signed in
  const silent = { prompt: 'none', id_token_hint: String(refreshed.id_token) };
  expect((await signIn(grafana, agent, silent)).claims()?.sub).toBe(tokens.claims()?.sub);
  await expect(signIn(relyingParty('grafana', 'ES256'), agent)).rejects.toThrow();
});

it('changes its keys at two replicas again and again, and no code exchange or refresh fails', async () => {
  const applications = { notes: 'ES256', grafana: 'RS256' };
  const counts = { ES256: 0, RS256: 0 };
  const kids = { ES256: new Set<unknown>(), RS256: new Set<unknown>() };
  const failures: unknown[] = [];
  let areRotated = false;

  const isDone = () => failures.length > 0 || (areRotated && Object.values(counts).every((count) => count >= minFlows));
  const work = async (clientId: string, algorithm: 'ES256' | 'RS256') => {
    while (!isDone()) {
      try {
        const tokens = await signIn(relyingParty(clientId, algorithm), agent);
        const refreshed = await openid.refreshTokenGrant(
          relyingParty(clientId, algorithm),
          String(tokens.refresh_token),
        );
        kids[algorithm].add(decodeProtectedHeader(String(refreshed.id_token)).kid);
        for (const [index, url] of replicas.entries()) {
          const token = index === 0 ? tokens.access_token : refreshed.access_token;
          expect((await new Client(url).me(token)).status).toBe(200);
        }
        counts[algorithm] += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const rotate = async () => {
    for (let i = 0; i < rotations; i += 1) {
      expect((await client.call('POST', '/auth/keys/rotate', { token: admin })).status).toBe(200);
      await sleep((publishAheadSeconds + 1) * 1000);
    }
    areRotated = true;
  };
  const followKeys = async () => {
    while (!isDone()) {
      await Promise.all(replicas.map(loadKeys));
      await sleep(1000);
    }
  };
  const workers = Object.entries(applications).flatMap(([clientId, algorithm]) =>
    [1, 2].map(() => work(clientId, algorithm as 'ES256' | 'RS256')),
  );
  await Promise.all([rotate(), followKeys(), ...workers]);
  expect(failures).toEqual([]);
  expect(Math.min(counts.ES256, counts.RS256)).toBeGreaterThanOrEqual(minFlows);
  expect([kids.ES256.size, kids.RS256.size]).toEqual([rotations + 1, rotations + 1]);
});

/** Makes a replica load its keys, as it does twice a minute: a token of an unknown key does the same. */
async function loadKeys(url: string): Promise<void> {
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'unknown' })).toString('base64url');
  await new Client(url).me(`${header}.e30.${Buffer.alloc(64).toString('base64url')}`);
}
