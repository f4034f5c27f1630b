import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { KeysController } from './keys.controller.ts';
import { KeysMetrics } from './keys.metrics.ts';
import { KeysService } from './keys.service.ts';
import { SigningKey } from './signing-key.entity.ts';

/** Signing keys and their rotation. */
@Module({
  imports: [AuditModule],
  controllers: [KeysController],
  providers: [KeysService, KeysMetrics],
  exports: [KeysService],
})
export class KeysModule {}

export { KeysService, SigningKey };
