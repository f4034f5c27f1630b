import { Module } from '@nestjs/common';
import type { PasswordHash } from './formats/password-hash.ts';
import { parseHash } from './formats/parse-hash.ts';
import { existingPassword, newPassword } from './password.schema.ts';
import { PasswordsMetrics } from './passwords.metrics.ts';
import { hashQueueFull, passwordTooWeak } from './passwords.problems.ts';
import { PasswordsService } from './passwords.service.ts';

/** Password hashing with bounded memory, and strength. */
@Module({ providers: [PasswordsService, PasswordsMetrics], exports: [PasswordsService] })
export class PasswordsModule {}

export { PasswordsService, existingPassword, hashQueueFull, newPassword, parseHash, passwordTooWeak };
export type { PasswordHash };
