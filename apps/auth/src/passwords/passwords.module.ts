import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.ts';
import { BreachedPasswordsMetrics, breachChecksProvider } from './breached-passwords.metrics.ts';
import { DummyHashes } from './dummy-hashes.ts';
import { ImportedHashKindsRepository } from './imported-hash-kinds.repository.ts';
import { PasswordStrength } from './password-strength.ts';
import { PasswordsMetrics } from './passwords.metrics.ts';
import { PasswordsService } from './passwords.service.ts';

/** Password hashing with bounded memory, and strength. */
@Module({
  providers: [
    BreachedPasswords,
    BreachedPasswordsMetrics,
    breachChecksProvider,
    DummyHashes,
    ImportedHashKindsRepository,
    PasswordStrength,
    PasswordsService,
    PasswordsMetrics,
  ],
  exports: [DummyHashes, ImportedHashKindsRepository, PasswordsService],
})
export class PasswordsModule {}
