export { PasskeysModule } from './passkeys.module.ts';
export { PasskeysRepository } from './passkeys.repository.ts';
export { PasskeysService } from './passkeys.service.ts';
export { passkeyNotFound } from './passkeys.problems.ts';
export { passkeyExample, passkeyIdSchema, passkeyListSchema } from './passkeys.schema.ts';
export { Passkey } from './passkey.entity.ts';
