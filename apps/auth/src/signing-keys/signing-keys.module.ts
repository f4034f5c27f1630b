import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { KeyRotationService } from './key-rotation.service.ts';
import { SigningKeysController } from './signing-keys.controller.ts';
import { SigningKeysMetrics } from './signing-keys.metrics.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Signing keys of access tokens, and their rotation. */
@Module({
  imports: [AuditModule],
  controllers: [SigningKeysController],
  providers: [KeyRotationService, SigningKeysMetrics, SigningKeysRepository, SigningKeysService],
  exports: [KeyRotationService, SigningKeysService],
})
export class SigningKeysModule {}
