/** The minimum of a refresh: one statement, one signature, a new token. */
import { derToJose } from 'ecdsa-sig-formatter';
import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';

/** Runs a statement and returns its rows. */
export type Rows = <Row>(name: string, text: string, values: unknown[]) => Promise<Row[]>;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();

/** @param token `session.secret` */
export async function refresh(rows: Rows, token: string, ip: string, userAgent: string | undefined) {
  const [session = '', secret = ''] = token.split('.');
  const next = randomBytes(32);
  const [row] = await rows<{ account_id: string; roles: string[]; expires_at: Date }>(
    'refresh',
    `UPDATE session s SET token_hash = $3, previous_hash = $2, rotated_at = now(), last_used_at = now(),
       expires_at = now() + interval '30 days', address = $4, user_agent = $5
     FROM account a WHERE s.id = $1 AND s.token_hash = $2 AND a.id = s.account_id AND s.expires_at > now()
     RETURNING s.account_id, a.roles, s.expires_at`,
    [session, sha256(Buffer.from(secret, 'base64url')), sha256(next), ip, userAgent ?? null],
  );
  if (!row) {
    throw new Error('invalid token');
  }
  return {
    access_token: accessToken(row.account_id, session, row.roles),
    token_type: 'Bearer',
    expires_in: 600,
    refresh_token: `${session}.${next.toString('base64url')}`,
    refresh_expires_at: row.expires_at,
  };
}

function accessToken(subject: string, session: string, roles: string[]): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: subject, sid: session, roles, jti: randomUUID(), iat: now, exp: now + 600 };
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt' })}.${encode(claims)}`;
  return `${input}.${derToJose(sign('sha256', Buffer.from(input), privateKey), 'ES256')}`;
}
