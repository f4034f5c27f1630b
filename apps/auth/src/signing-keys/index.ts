export { SigningKeysModule } from './signing-keys.module.ts';
export { SigningKeysService } from './signing-keys.service.ts';
export { SigningKey } from './signing-key.entity.ts';
