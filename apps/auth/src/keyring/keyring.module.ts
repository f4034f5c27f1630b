import { Global, Module } from '@nestjs/common';
import { Keyring } from './keyring.ts';

/** Encryption at rest and key derivation. */
@Global()
@Module({ providers: [Keyring], exports: [Keyring] })
export class KeyringModule {}
