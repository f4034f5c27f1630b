import { SecureCookie } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { createHmac, randomUUID, timingSafeEqual, type KeyObject } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { Keyring } from '../../keyring/index.ts';

const maxAgeSeconds = 365 * 24 * 60 * 60;

/**
 * A signed cookie that identifies a device on which an account has logged in before. Failed logins on a known device are
 * limited separately, so attacks on the account from elsewhere can't lock its owner out.
 */
@Injectable()
export class DeviceCookie {
  private readonly keys: KeyObject[];
  private readonly cookie: SecureCookie;

  constructor(keyring: Keyring, @Inject(AUTH_CONFIG) config: AuthConfig) {
    this.keys = keyring.derive('device cookie');
    const secure = config.NODE_ENV === 'production';
    this.cookie = new SecureCookie('device', secure, { path: '/auth', maxAge: maxAgeSeconds });
  }

  /**
   * The device's id, if this account has logged in on it within the last year.
   * @param header the request's `cookie` header
   */
  recognise(header: string | undefined, email: string): string | undefined {
    const cookie = this.cookie.read(header);
    if (cookie === undefined) {
      return undefined;
    }
    const [id = '', issuedAt = '', signature = ''] = cookie.split('.');
    const given = Buffer.from(signature, 'base64url');
    const authentic = this.keys.some((key) => {
      const expected = sign(key, id, issuedAt, email);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    const fresh = Date.now() / 1000 - Number(issuedAt) < maxAgeSeconds;
    return authentic && fresh ? id : undefined;
  }

  /**
   * A `set-cookie` header (RFC 6265) that identifies the device to the account.
   * @param known the id of the device if it is known; otherwise it gets a new one
   */
  issue(email: string, known: string | undefined): string {
    const id = known ?? randomUUID();
    const issuedAt = String(Math.floor(Date.now() / 1000));
    const signature = sign(this.keys[0] as KeyObject, id, issuedAt, email).toString('base64url');
    return this.cookie.issue(`${id}.${issuedAt}.${signature}`);
  }
}

function sign(key: KeyObject, id: string, issuedAt: string, email: string): Buffer {
  return createHmac('sha256', key).update(`${id}.${issuedAt}.${email.toLowerCase()}`).digest();
}
