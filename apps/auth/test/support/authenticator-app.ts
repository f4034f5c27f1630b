import { TOTP, URI } from 'otpauth';
import type { Answer, Client, Login } from './client.ts';
import { untilClock } from './clock.ts';
import { strongPassword } from './service.ts';

/** A session of an account with an authenticator app. */
export interface EnrolledLogin extends Login {
  app: AuthenticatorApp;
  recoveryCodes: string[];
}

/** Generates codes (RFC 6238) as an app on a phone does. */
export class AuthenticatorApp {
  private readonly totp: TOTP;

  /** @param uri the `otpauth:` URI of the QR code */
  constructor(uri: string) {
    this.totp = URI.parse(uri) as TOTP;
  }

  /** @param steps how many steps of 30 s from now */
  code(steps = 0): string {
    return this.totp.generate({ timestamp: Date.now() + steps * 30_000 });
  }

  /** Waits if this step is about to end, so that the previous code is valid for at least 10 s. */
  async settle(): Promise<void> {
    const left = this.totp.remaining();
    if (left < 10_000) {
      await untilClock(Date.now() + left);
    }
  }

  /** Six digits that are the code of no step near now. */
  wrongCode(): string {
    const near = new Set([-2, -1, 0, 1, 2].map((steps) => this.code(steps)));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.has(code)) ?? '';
  }
}

/** A new account with a session and an authenticator app. Its first code is used up. */
export async function newEnrolledAccount(client: Client): Promise<EnrolledLogin> {
  const login = await client.newAccount();
  return { ...login, ...(await enrol(client, login.accessToken)) };
}

/** Adds an authenticator app to the account of an access token, in a browser with a cookie. */
export async function enrol(
  client: Client,
  token: string,
  cookie = '',
): Promise<Pick<EnrolledLogin, 'app' | 'recoveryCodes'> & { answer: Answer }> {
  const setup = await client.call('POST', '/auth/mfa/totp', { token, body: { password: strongPassword } });
  const app = new AuthenticatorApp(setup.body.otpauth_uri);
  await app.settle();
  const body = { code: app.code(-1) };
  const answer = await client.call('POST', '/auth/mfa/totp/confirm', { token, body, headers: { cookie } });
  if (answer.status !== 200) {
    throw new Error(`confirm responded with ${String(answer.status)} ${JSON.stringify(answer.body)}`);
  }
  return { app, answer, recoveryCodes: answer.body.recovery_codes };
}
