import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.ts';
import { BreachedPasswordsMetrics, breachChecksProvider } from './breached-passwords.metrics.ts';
import { existingPassword, newPassword } from './password.schema.ts';
import { PasswordsMetrics } from './passwords.metrics.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from './passwords.problems.ts';
import { PasswordsService } from './passwords.service.ts';

/** Password hashing with bounded memory, and strength. */
@Module({
  providers: [PasswordsService, PasswordsMetrics, BreachedPasswords, BreachedPasswordsMetrics, breachChecksProvider],
  exports: [PasswordsService],
})
export class PasswordsModule {}

export { PasswordsService, existingPassword, hashQueueFull, newPassword, passwordBreached, passwordTooWeak };
