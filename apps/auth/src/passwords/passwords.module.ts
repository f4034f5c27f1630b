import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.ts';
import { DummyHashesRepository } from './dummy-hashes.repository.ts';
import { DummyHashes } from './dummy-hashes.ts';
import { PasswordStrength } from './password-strength.ts';
import { PasswordsMetrics } from './passwords.metrics.ts';
import { PasswordsService } from './passwords.service.ts';

/** Password hashing with bounded memory, password strength and breached passwords. */
@Module({
  providers: [
    BreachedPasswords,
    DummyHashes,
    DummyHashesRepository,
    PasswordStrength,
    PasswordsService,
    PasswordsMetrics,
  ],
  exports: [DummyHashes, PasswordsService],
})
export class PasswordsModule {}
