import { Injectable } from '@nestjs/common';
import { createHmac, randomBytes, type KeyObject } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Keyring } from '../keyring/index.ts';
import { DummyHashesRepository, type DummyHash } from './dummy-hashes.repository.ts';
import type { PasswordHash } from './formats/password-hash.ts';

/**
 * The dummy hashes of imported kinds; `PasswordsService` has the one of argon2id. A login verifies a dummy hash if the
 * e-mail address has no account. Each kind gets the share of e-mail addresses that it has of the accounts, and an e-mail
 * address always gets the same kind. So the duration of a login does not reveal whether an account exists.
 */
@Injectable()
export class DummyHashes {
  private readonly key: KeyObject;
  private hashes: DummyHash[] = [];

  constructor(
    private readonly repository: DummyHashesRepository,
    keyring: Keyring,
  ) {
    // the purpose keeps its old name, so that each e-mail address keeps its dummy hash across versions
    this.key = keyring.derive('decoys')[0] as KeyObject;
  }

  /** Loads the kinds that have been imported so far. */
  async load(): Promise<void> {
    this.hashes = await this.repository.list();
  }

  /** Records imported hashes, in the caller's transaction. */
  async addImported(manager: EntityManager, imported: PasswordHash[]): Promise<void> {
    const kinds = [...Map.groupBy(imported, ({ kind }) => kind)].map(([kind, hashes]) => ({
      kind,
      hash: scramble(hashes[0]?.text ?? ''),
      accounts: hashes.length,
    }));
    await this.repository.add(manager, kinds);
  }

  /** The dummy hash of an e-mail address; undefined if the caller should use the argon2id dummy hash. */
  of(email: string): string | undefined {
    const digest = createHmac('sha256', this.key).update(email.toLowerCase()).digest();
    let place = digest.readUInt32BE() / 2 ** 32;
    return this.hashes.find(({ share }) => (place -= share) < 0)?.hash;
  }
}

/** Replaces the digest of a hash by random text. Keeps the last two characters: the last one of base64 can't be any. */
function scramble(hash: string): string {
  const noise = randomBytes(15).toString('base64').replaceAll('+', 'A');
  return hash.slice(0, -2 - noise.length) + noise + hash.slice(-2);
}
