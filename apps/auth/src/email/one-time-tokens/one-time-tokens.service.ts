import type { Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import {
  OneTimeTokensRepository,
  type OneTimePurpose,
  type OneTimeTokenEntry,
  type OneTimeTokenFacts,
} from './one-time-tokens.repository.ts';

const prefix = 'ot_';
const tokenBytes = 32;

/** Tokens that are sent to a person and come back once. Only their SHA-256 is stored: they have 256 random bits. */
@Injectable()
export class OneTimeTokensService {
  constructor(private readonly repository: OneTimeTokensRepository) {}

  /** Issues a token, in the caller's transaction. */
  async issue(manager: EntityManager, entry: OneTimeTokenEntry): Promise<string> {
    return (await this.issueAll(manager, [entry]))[0] as string;
  }

  /** Issues several tokens by one statement, and returns them in that order. */
  async issueAll(manager: EntityManager, entries: readonly OneTimeTokenEntry[]): Promise<string[]> {
    const tokens = entries.map((entry) => ({ entry, token: prefix + randomBytes(tokenBytes).toString('base64url') }));
    await this.repository.insert(
      manager,
      tokens.map(({ entry, token }) => ({ ...entry, hash: hashOf(token) })),
    );
    return tokens.map(({ token }) => token);
  }

  /**
   * Consumes a token: only one of several concurrent uses succeeds. If the caller's transaction fails, the token stays
   * valid.
   * @returns what the token stands for; undefined if it is not valid for this purpose
   */
  consume(on: Queryable, purpose: OneTimePurpose, token: string): Promise<OneTimeTokenFacts | undefined> {
    return this.repository.take(on, hashOf(token), purpose);
  }

  /** Reads what a token stands for without consuming it. Only {@link consume} proves that the caller used it first. */
  peek(purpose: OneTimePurpose, token: string): Promise<OneTimeTokenFacts | undefined> {
    return this.repository.find(hashOf(token), purpose);
  }

  /**
   * Counts an attempt at what a token asks for, without consuming the token.
   * @returns what the token stands for; undefined if it is not valid or after `maxAttempts`
   */
  attempt(purpose: OneTimePurpose, token: string, maxAttempts: number): Promise<OneTimeTokenFacts | undefined> {
    return this.repository.countAttempt(hashOf(token), purpose, maxAttempts);
  }

  /** Invalidates all tokens of an account that have this purpose. */
  revoke(manager: EntityManager, purpose: OneTimePurpose, accountId: string): Promise<void> {
    return this.repository.deleteAll(manager, purpose, accountId);
  }

  /** Invalidates all tokens of an account except those of one purpose. */
  revokeAllBut(manager: EntityManager, kept: OneTimePurpose, accountId: string): Promise<void> {
    return this.repository.deleteAllBut(manager, kept, accountId);
  }

  /** What is stored about an account's tokens, as JSON objects without the tokens. */
  personalData(accountId: string): Promise<object[]> {
    return this.repository.personalData(accountId);
  }

  /** Deletes expired tokens, at most `limit`, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.repository.purge(manager, limit);
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();
