import { authSettings } from '../../tools/built.ts';
import type { Call } from '../lib/load.ts';
import { accessTokens, authorized, connections, sampleOf } from '../lib/measure.ts';
import { controlTokens, populate, serviceTokens } from '../lib/population.ts';
import type { Program } from '../lib/programs.ts';
import type { Comparison, Side } from '../lib/rounds.ts';
import { issuer, type Stage } from '../lib/stage.ts';
import { applicationsFile, openIdComparisons, openIdMembers } from './openid.ts';

export const comparedMembers = ['refresh', 'me', 'remote guard', 'session list', 'JWKS', ...openIdMembers];
const accounts = 1000;
const refreshTokens = 2000;
const bearers = 200;

const { TOKEN_AUDIENCE } = authSettings.pick({ TOKEN_AUDIENCE: true }).parse({});

/** Compares requests with a bare program. Both share their processors with PostgreSQL and the load generator. */
export async function comparisons(stage: Stage): Promise<Comparison[]> {
  const database = await stage.database('compared');
  await populate(database, accounts);
  const service = await stage.startService('compared', { APPLICATIONS_FILE: applicationsFile });
  const tokens = await serviceTokens(database, stage.keyEncryptionKey, refreshTokens);
  const access = await accessTokens(service.url, tokens.splice(0, bearers));
  const keySet = await (await fetch(`${service.url}/.well-known/jwks.json`)).text();
  const { DATABASE_URL } = stage.environment('compared');
  const bare = await stage.start('bench/controls/bare.ts', { DATABASE_URL, JWKS: keySet });
  const settings = { AUTH_URL: service.url, TOKEN_ISSUER: issuer, TOKEN_AUDIENCE };
  const notes = await stage.start('bench/controls/notes.ts', settings);
  const chains: Record<Side, string[]> = { subject: tokens, control: await controlTokens(database, refreshTokens) };
  const postgresPid = await stage.postgresPid();
  const programs: Record<Side, Program> = { subject: service, control: bare };

  const sample = (side: Side, load: Parameters<typeof sampleOf>[3], on = programs) =>
    sampleOf(stage.generator, on[side], postgresPid, load);
  const calling = (calls: () => Call[]) => (side: Side, seconds: number) =>
    sample(side, { connections, seconds, calls: calls() });

  return [
    {
      name: 'refresh',
      control: 'bare Fastify + pg',
      goal: 0.7,
      measure: (side, seconds) =>
        sample(side, {
          connections,
          seconds,
          calls: [],
          chain: { name: side, path: '/auth/refresh', tokens: chains[side] },
        }),
    },
    {
      name: 'me',
      control: 'bare Fastify + pg',
      goal: 0.7,
      measure: calling(() => authorized('/auth/me', access)),
    },
    {
      name: 'remote guard',
      control: 'bare Fastify, same signature check',
      goal: 0.7,
      measure: (side, seconds) =>
        sample(side, { connections, seconds, calls: authorized('/notes', access) }, { subject: notes, control: bare }),
    },
    {
      name: 'session list',
      control: 'bare Fastify + pg',
      measure: calling(() => authorized('/auth/sessions', access)),
    },
    {
      name: 'JWKS',
      control: 'bare Fastify',
      measure: calling(() => [{ method: 'GET', path: '/.well-known/jwks.json' }]),
    },
    ...(await openIdComparisons(stage, service)),
  ];
}
