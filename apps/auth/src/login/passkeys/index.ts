export { PasskeysModule } from './passkeys.module.ts';
export { PasskeysRepository } from './passkeys.repository.ts';
export { PasskeysService } from './passkeys.service.ts';
export { Passkey } from './passkey.entity.ts';
