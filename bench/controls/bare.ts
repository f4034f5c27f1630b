/**
 * What the service is held against: Fastify and node-postgres, and what a request can't do without. No framework, no
 * validation, no log, no metrics. The same database, the same number of round trips, the same signatures.
 */
import { derToJose, joseToDer } from 'ecdsa-sig-formatter';
import Fastify from 'fastify';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign, verify } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import pg from 'pg';

const { DATABASE_URL, JWKS = '{"keys":[]}' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
type PublicJwk = { kid: string } & Record<string, string>;

const keySet = JSON.parse(JWKS) as { keys: PublicJwk[] };
const keys = new Map(keySet.keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Claims {
  sub: string;
  sid: string;
  exp: number;
}

const json = (part: string | undefined): unknown => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();

/** Checks signature and expiry. */
function claimsOf(authorization = ''): Claims {
  const [header, payload, signature = ''] = authorization.slice('Bearer '.length).split('.');
  const key = keys.get((json(header) as { kid: string }).kid);
  const claims = json(payload) as Claims;
  const good =
    key !== undefined &&
    claims.exp > Date.now() / 1000 &&
    verify('sha256', Buffer.from(`${header ?? ''}.${payload ?? ''}`), key, joseToDer(signature, 'ES256'));
  if (!good) {
    throw new Error('the token is no good');
  }
  return claims;
}

function accessToken(subject: string, session: string, roles: string[]): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: subject, sid: session, roles, jti: randomUUID(), iat: now, exp: now + 600 };
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt' })}.${encode(claims)}`;
  return `${input}.${derToJose(sign('sha256', Buffer.from(input), privateKey), 'ES256')}`;
}

async function rows<Row>(name: string, text: string, values: unknown[]): Promise<Row[]> {
  return (await pool.query({ name, text, values })).rows as Row[];
}

const app = Fastify();

app.post('/auth/refresh', async ({ body, ip, headers }) => {
  const { refresh_token: token } = body as { refresh_token: string };
  const [session = '', secret = ''] = token.split('.');
  const next = randomBytes(32);
  const [row] = await rows<{ account_id: string; roles: string[]; expires_at: Date }>(
    'refresh',
    `UPDATE session s SET token_hash = $3, previous_hash = $2, rotated_at = now(), last_used_at = now(),
       expires_at = now() + interval '30 days', address = $4, user_agent = $5
     FROM account a WHERE s.id = $1 AND s.token_hash = $2 AND a.id = s.account_id AND s.expires_at > now()
     RETURNING s.account_id, a.roles, s.expires_at`,
    [session, sha256(Buffer.from(secret, 'base64url')), sha256(next), ip, headers['user-agent'] ?? null],
  );
  if (!row) {
    throw new Error('the token is no good');
  }
  return {
    access_token: accessToken(row.account_id, session, row.roles),
    token_type: 'Bearer',
    expires_in: 600,
    refresh_token: `${session}.${next.toString('base64url')}`,
    refresh_expires_at: row.expires_at,
  };
});

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
