import { setTimeout as sleep } from 'node:timers/promises';
import { TOTP, URI } from 'otpauth';
import type { Client, Login } from './client.ts';
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
    await sleep(left < 10_000 ? left : 0);
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

/** Adds an authenticator app to the account of an access token. */
export async function enrol(client: Client, token: string): Promise<Pick<EnrolledLogin, 'app' | 'recoveryCodes'>> {
  const setup = await client.call('POST', '/auth/mfa/totp', { token, body: { password: strongPassword } });
  const app = new AuthenticatorApp(setup.body.otpauth_uri);
  await app.settle();
  const { status, body } = await client.call('POST', '/auth/mfa/totp/confirm', { token, body: { code: app.code(-1) } });
  if (status !== 200) {
    throw new Error(`confirm responded with ${String(status)} ${JSON.stringify(body)}`);
  }
  return { app, recoveryCodes: body.recovery_codes };
}
