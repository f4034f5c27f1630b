import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { SigningKeysController } from './signing-keys.controller.ts';
import { SigningKeysMetrics } from './signing-keys.metrics.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Signing keys and their rotation. */
@Module({
  imports: [AuditModule],
  controllers: [SigningKeysController],
  providers: [SigningKeysService, SigningKeysMetrics],
  exports: [SigningKeysService],
})
export class SigningKeysModule {}
