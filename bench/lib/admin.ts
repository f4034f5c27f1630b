import { URI, type TOTP } from 'otpauth';
import type pg from 'pg';
import { password } from './population.ts';

/** An admin with an authenticator app, which has just proved who they are. */
interface Admin {
  email: string;
  app: TOTP;
  accessToken: string;
}

interface Answer {
  access_token: string;
  mfa_token: string;
  otpauth_uri: string;
}

/** Registers an admin at a service. */
export async function newAdmin(url: string, database: pg.Client): Promise<Admin> {
  const call = async (path: string, body: object, token = '') => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${path} responded with ${text}`);
    }
    return JSON.parse(text || '{}') as Answer;
  };
  const email = 'root@example.com';
  await call('/auth/register', { email, password });
  await database.query("UPDATE account SET roles = '{user,admin}', email_verified_at = now() WHERE email = $1", [
    email,
  ]);
  const { access_token: first } = await call('/auth/login', { email, password });
  const { otpauth_uri } = await call('/auth/mfa/totp', { password }, first);
  const app = URI.parse(otpauth_uri) as TOTP;
  // each code is accepted once: this one leaves the current and the next
  await call('/auth/mfa/totp/confirm', { code: app.generate({ timestamp: Date.now() - 30_000 }) }, first);
  const { mfa_token } = await call('/auth/login', { email, password });
  const { access_token: accessToken } = await call('/auth/login/mfa', { mfa_token, code: app.generate() });
  return { email, app, accessToken };
}
