import { SecureCookie } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { createHmac, randomUUID, timingSafeEqual, type KeyObject } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { Keyring } from '../../keyring/index.ts';

const maxAgeSeconds = 365 * 24 * 60 * 60;

/**
 * `id.issuedAt.securityEpoch.signature`; a version before security epochs left the third part out. The parts are checked before
 * the signature: with other characters, one cookie's signature could serve as another's.
 */
const form = /^([0-9a-f-]{36})\.(\d{1,12})(?:\.(\d{1,19}))?\.([\w-]{43})$/;

/** What an authentic cookie says. */
export interface PresentedDevice {
  /** The device's id. */
  id: string;
  /** The account's security epoch when the cookie was issued. The device is known as long as the account has that epoch. */
  securityEpoch: string;
}

/** The account that a device belongs to. */
interface DeviceOwner {
  email: string;
  securityEpoch: string;
}

/**
 * A signed cookie that identifies a device on which an account has logged in before. Failed logins on known devices are
 * limited separately, so attacks on the account from elsewhere can't lock its owner out. What ends everything that is under way
 * for the account, such as a new password, ends its cookies too.
 */
@Injectable()
export class DeviceCookie {
  private readonly keys: KeyObject[];
  private readonly cookie: SecureCookie;

  constructor(keyring: Keyring, @Inject(AUTH_CONFIG) config: AuthConfig) {
    this.keys = keyring.derive('device cookie');
    const secure = config.NODE_ENV === 'production';
    this.cookie = new SecureCookie('device', secure, { path: '/', maxAge: maxAgeSeconds });
  }

  /**
   * The device on which the account with this e-mail address has logged in within the last year. It may be of an earlier
   * security epoch.
   * @param header the request's `cookie` header
   */
  read(header: string | undefined, email: string): PresentedDevice | undefined {
    const [, id = '', issuedAt = '', securityEpoch, tag = ''] = form.exec(this.cookie.read(header) ?? '') ?? [];
    const signature = Buffer.from(tag, 'base64url');
    // a cookie of a version before security epochs
    const message =
      securityEpoch === undefined
        ? `${id}.${issuedAt}.${email.toLowerCase()}`
        : messageOf([id, issuedAt, securityEpoch], email);
    const authentic = this.keys.some((key) => {
      const expected = sign(key, message);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    });
    const ageSeconds = Date.now() / 1000 - Number(issuedAt);
    return authentic && Math.abs(ageSeconds) < maxAgeSeconds ? { id, securityEpoch: securityEpoch ?? '0' } : undefined;
  }

  /** The id of the device that the header identifies, if the account knows it. */
  recognise(header: string | undefined, { email, securityEpoch }: DeviceOwner): string | undefined {
    const device = this.read(header, email);
    return device?.securityEpoch === securityEpoch ? device.id : undefined;
  }

  /**
   * A `set-cookie` header (RFC 6265) that identifies the device to the account.
   * @param known the id of the device if it is known; otherwise it gets a new one
   */
  issue({ email, securityEpoch }: DeviceOwner, known: string | undefined): string {
    const parts = [known ?? randomUUID(), String(Math.floor(Date.now() / 1000)), securityEpoch];
    const signature = sign(this.keys[0] as KeyObject, messageOf(parts, email)).toString('base64url');
    return this.cookie.issue(`${parts.join('.')}.${signature}`);
  }
}

/** What a cookie's signature covers. No part of the {@link form} contains a line break, so no two cookies have the same message. */
const messageOf = (parts: string[], email: string) => [...parts, email.toLowerCase()].join('\n');

function sign(key: KeyObject, message: string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}
