export { SigningKeysModule } from './signing-keys.module.ts';
export { KeyRotationService } from './key-rotation.service.ts';
export { SigningKeysService, type PrivateKey } from './signing-keys.service.ts';
export { rotationExample, rotationSchema, signingKeyListExample, signingKeyListSchema } from './signing-keys.schema.ts';
export { idTokenTtlSeconds, signingAlgorithms, type SigningAlgorithm } from './signing-algorithms.ts';
