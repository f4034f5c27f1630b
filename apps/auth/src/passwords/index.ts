export { PasswordsModule } from './passwords.module.ts';
export { DummyHashes } from './dummy-hashes.ts';
export { PasswordsService } from './passwords.service.ts';
export { existingPassword, maxPasswordLength, newPassword, ownPassword } from './password.schema.ts';
export { hashQueueFull, passwordBreached, passwordTooWeak } from './passwords.problems.ts';
export { makeThreads } from './hash-threads.ts';
export { parseHash } from './formats/parse-hash.ts';
