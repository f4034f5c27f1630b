export { PasskeysModule } from './passkeys.module.ts';
export { PasskeysRepository } from './passkeys.repository.ts';
export { PasskeysService } from './passkeys.service.ts';
export { passkeyNotFound } from './passkeys.problems.ts';
export { PasskeyLoginService } from './passkey-login.service.ts';
export {
  passkeyExample,
  passkeyIdSchema,
  passkeyListSchema,
  passkeyLoginSchema,
  passkeyRegistrationSchema,
  type PasskeyLogin,
  type PasskeyView,
} from './passkeys.schema.ts';
export { Passkey } from './passkey.entity.ts';
