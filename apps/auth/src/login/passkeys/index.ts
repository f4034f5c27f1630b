export { PasskeysModule } from './passkeys.module.ts';
export { Passkey } from './passkey.entity.ts';
export { PasskeysService } from './passkeys.service.ts';
