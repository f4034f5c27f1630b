export { SigningKeysModule } from './signing-keys.module.ts';
export { KeyRotationService } from './key-rotation.service.ts';
export { SigningKeysService } from './signing-keys.service.ts';
