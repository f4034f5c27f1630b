import { afterAll, beforeAll, expect, it } from 'vitest';
import * as openid from 'openid-client';
import { requestIds } from '../../../libs/common/src/logging/request-log.ts';
import { Client, newEmail } from './support/client.ts';
import {
  addApplication,
  authorize,
  discover,
  exchange,
  signIn,
  startIssuer,
  type AuthorizationRequest,
} from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { isPlanned, planOf, recordStatements } from './support/statements.ts';
import { UserAgent } from './support/user-agent.ts';

let service: TestService;
let recorded: ReturnType<typeof recordStatements>;
let notes: openid.Configuration;
let robot: openid.Configuration;
let page: openid.Configuration;
let agent: UserAgent;
let request: AuthorizationRequest;
let tokens: Awaited<ReturnType<typeof signIn>>;
let pageTokens: Awaited<ReturnType<typeof signIn>>;

beforeAll(async () => {
  service = await startIssuer();
  const client = new Client(service.url);
  await addApplication(service, { client_id: 'notes' });
  await addApplication(service, { client_id: 'robot', kind: 'machine', scopes: ['notes:read'] });
  await addApplication(service, { client_id: 'page', kind: 'single_page' });
  [notes, robot] = [await discover(service, 'notes'), await discover(service, 'robot')];
  page = await discover(service, 'page', openid.None());
  const email = newEmail();
  await client.register(email);
  agent = await UserAgent.signedIn(service, client, email);
  tokens = await signIn(notes, agent);
  pageTokens = await signIn(page, agent);
  request = await authorize(notes, agent);
  recorded = recordStatements(() => requestIds().request_id !== undefined);
});
afterAll(() => {
  recorded.stop();
});

const paths: [name: string, statements: number, send: () => Promise<unknown>][] = [
  ['discovery', 0, () => discover(service, 'notes')],
  ['an authorization within a session', 6, () => authorize(notes, agent)],
  ['the exchange of a code', 8, () => exchange(notes, request)],
  ['a refresh', 1, () => openid.refreshTokenGrant(page, String(pageTokens.refresh_token))],
  ['a refresh with a secret', 3, () => openid.refreshTokenGrant(notes, String(tokens.refresh_token))],
  ['userinfo', 4, () => openid.fetchUserInfo(notes, tokens.access_token, String(tokens.claims()?.sub))],
  ['the introspection of an access token', 3, () => openid.tokenIntrospection(notes, tokens.access_token)],
  ['a call of this service’s API', 3, () => new Client(service.url).me(tokens.access_token)],
  ['client credentials', 2, () => openid.clientCredentialsGrant(robot)],
];

it.each(paths)('%s takes %i statements, which indexes serve', async (_name, count, send) => {
  recorded.sent.length = 0;
  await send();
  const statements = [...recorded.sent];
  const plans = await Promise.all(
    // the tables are small: the question is whether an index can serve the statement
    statements.filter(isPlanned).map(async (statement) => {
      return `${statement}\n${await planOf(service.database, statement, 'enable_seqscan = off')}`;
    }),
  );
  expect(plans.filter((plan) => plan.includes('Seq Scan'))).toEqual([]);
  expect(statements).toHaveLength(count);
});
