import { Injectable } from '@nestjs/common';
import { createHmac, type KeyObject } from 'node:crypto';
import { Keyring } from '../keyring/index.ts';
import { DummyHashesRepository, type DummyHash } from './dummy-hashes.repository.ts';

/**
 * The dummy hashes of the kinds of hashes that accounts have. A login verifies one if the e-mail address has no account, or
 * the account no password. Each kind gets the share of e-mail addresses that it has of the accounts with a password, and an
 * e-mail address keeps its kind while the shares stay. So the duration of a login does not reveal whether an account exists.
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

  /** Loads the kinds and shares of the hashes that accounts have now. */
  async load(): Promise<void> {
    await this.repository.merge();
    this.hashes = await this.repository.list();
  }

  /** The dummy hash of an e-mail address; undefined if no account has a password. */
  of(email: string): string | undefined {
    const digest = createHmac('sha256', this.key).update(email.toLowerCase()).digest();
    let place = digest.readUInt32BE() / 2 ** 32;
    // the shares may add up to a little less than 1
    return (this.hashes.find(({ share }) => (place -= share) < 0) ?? this.hashes.at(-1))?.hash;
  }
}
