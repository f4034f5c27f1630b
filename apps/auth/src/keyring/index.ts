import { Global, Module } from '@nestjs/common';
import { Keyring } from './keyring.ts';
import { ReencryptionService } from './reencryption.service.ts';

/** Encryption at rest and derived keys. */
@Global()
@Module({ providers: [Keyring, ReencryptionService], exports: [Keyring] })
export class KeyringModule {}

export { Keyring, ReencryptionService };
