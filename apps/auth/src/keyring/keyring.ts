import { Inject, Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { AUTH_CONFIG } from '../config.ts';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** The key-encryption keys from the environment: the first is used for new things, all are tried for old ones. */
@Injectable()
export class Keyring {
  private readonly keys: readonly Buffer[];

  constructor(@Inject(AUTH_CONFIG) config: { KEY_ENCRYPTION_KEYS: readonly Buffer[] }) {
    this.keys = config.KEY_ENCRYPTION_KEYS;
  }

  /**
   * Encrypts by AES-256-GCM (NIST SP 800-38D).
   * @param context what the ciphertext belongs to; it can't be decrypted as anything else's
   */
  encrypt(plaintext: Buffer, context: string): Buffer {
    const iv = randomBytes(ivBytes);
    const encryption = createCipheriv(cipher, this.keys[0] as Buffer, iv).setAAD(Buffer.from(context));
    const ciphertext = Buffer.concat([encryption.update(plaintext), encryption.final()]);
    return Buffer.concat([iv, encryption.getAuthTag(), ciphertext]);
  }

  /** @throws Error where no key of the ring opens it, or it belongs to another context */
  decrypt(sealed: Buffer, context: string): Buffer {
    for (const key of this.keys) {
      const opened = open(key, sealed, context);
      if (opened) {
        return opened;
      }
    }
    throw new Error(`No key of KEY_ENCRYPTION_KEYS decrypts ${context}.`);
  }

  /** Whether the first key of the ring opens it. */
  isCurrent(sealed: Buffer, context: string): boolean {
    return open(this.keys[0] as Buffer, sealed, context) !== undefined;
  }

  /**
   * Derives keys of one purpose by HKDF-SHA-256 (RFC 5869), one for each key of the ring, in its order.
   * @param purpose keys of different purposes tell nothing of each other
   */
  derive(purpose: string): KeyObject[] {
    const info = `devopslocally ${purpose}`;
    return this.keys.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', info, 32))));
  }
}

function open(key: Buffer, sealed: Buffer, context: string): Buffer | undefined {
  const decryption = createDecipheriv(cipher, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decryption.update(sealed.subarray(ivBytes + tagBytes)), decryption.final()]);
  } catch {
    // sealed under another key
    return undefined;
  }
}
