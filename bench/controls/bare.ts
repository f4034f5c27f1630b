/**
 * The control: Fastify and node-postgres, with the minimum that each request needs. No framework, validation, log or metrics. The
 * same database, number of round trips and signatures.
 */
import { joseToDer } from 'ecdsa-sig-formatter';
import Fastify from 'fastify';
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { refresh } from './refresh.ts';

const { DATABASE_URL, JWKS = '{"keys":[]}' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
type PublicJwk = { kid: string } & Record<string, string>;

const keySet = JSON.parse(JWKS) as { keys: PublicJwk[] };
const keys = new Map(keySet.keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));

interface Claims {
  sub: string;
  sid: string;
  exp: number;
}

const json = (part: string | undefined): unknown => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

/** Verifies signature and expiry. */
function claimsOf(authorization = ''): Claims {
  const [header, payload, signature = ''] = authorization.slice('Bearer '.length).split('.');
  const key = keys.get((json(header) as { kid: string }).kid);
  const claims = json(payload) as Claims;
  const good =
    key !== undefined &&
    claims.exp > Date.now() / 1000 &&
    verify('sha256', Buffer.from(`${header ?? ''}.${payload ?? ''}`), key, joseToDer(signature, 'ES256'));
  if (!good) {
    throw new Error('invalid token');
  }
  return claims;
}

async function rows<Row>(name: string, text: string, values: unknown[]): Promise<Row[]> {
  return (await pool.query({ name, text, values })).rows as Row[];
}

const app = Fastify();

app.post('/auth/refresh', ({ body, ip, headers }) =>
  refresh(rows, (body as { refresh_token: string }).refresh_token, ip, headers['user-agent']),
);

const sessionStatement = 'SELECT FROM session WHERE id = $1 AND account_id = $2 AND expires_at > now()';

async function assertSession({ sid, sub }: Claims): Promise<void> {
  if ((await rows('session', sessionStatement, [sid, sub])).length === 0) {
    throw new Error('the session has ended');
  }
}

app.get('/auth/me', async ({ headers }) => {
  const claims = claimsOf(headers.authorization);
  await assertSession(claims);
  const [account] = await rows(
    'account',
    'SELECT id, email, roles, email_verified_at, created_at, password_changed_at FROM account WHERE id = $1',
    [claims.sub],
  );
  return account;
});

app.get('/auth/sessions', async ({ headers }) => {
  const claims = claimsOf(headers.authorization);
  await assertSession(claims);
  const sessions = await rows(
    'sessions',
    `SELECT id, created_at, last_used_at, expires_at, address, user_agent FROM session
     WHERE account_id = $1 AND expires_at > now() ORDER BY last_used_at DESC LIMIT 100`,
    [claims.sub],
  );
  return { sessions };
});

app.get('/notes', async ({ headers }) => ({ owner: claimsOf(headers.authorization).sub }));

app.get('/.well-known/jwks.json', async (_request, reply) => {
  reply.header('cache-control', 'public, max-age=300');
  return keySet;
});

app.post('/auth/register', async ({ body }, reply) => {
  const { email, password } = body as { email: string; password: string };
  const passwordHash = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const [account] = await rows(
    'register',
    "INSERT INTO account (id, email, password_hash, roles) VALUES ($1, $2, $3, '{user}') RETURNING id, email, roles",
    [randomUUID(), email, passwordHash],
  );
  reply.status(201);
  return account;
});

const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.on('SIGTERM', () => {
  void app.close().then(() => pool.end());
});
