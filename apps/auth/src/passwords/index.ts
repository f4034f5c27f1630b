import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.ts';
import { BreachedPasswordsMetrics, breachChecksProvider } from './breached-passwords.metrics.ts';
import { Decoys } from './decoys.ts';
import type { PasswordHash } from './formats/password-hash.ts';
import { parseHash } from './formats/parse-hash.ts';
import { makeThreads } from './hash-threads.ts';
import { existingPassword, newPassword } from './password.schema.ts';
import { PasswordJudge } from './password-judge.ts';
import { PasswordsMetrics } from './passwords.metrics.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from './passwords.problems.ts';
import { PasswordsService } from './passwords.service.ts';

/** Password hashing with bounded memory, and strength. */
@Module({
  providers: [
    BreachedPasswords,
    BreachedPasswordsMetrics,
    breachChecksProvider,
    Decoys,
    PasswordJudge,
    PasswordsService,
    PasswordsMetrics,
  ],
  exports: [Decoys, PasswordsService],
})
export class PasswordsModule {}

export {
  Decoys,
  PasswordsService,
  existingPassword,
  hashQueueFull,
  makeThreads,
  newPassword,
  parseHash,
  passwordBreached,
  passwordTooWeak,
};
export type { PasswordHash };
