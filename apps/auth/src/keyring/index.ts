export { KeyringModule } from './keyring.module.ts';
export { Keyring } from './keyring.ts';
export { reencryptColumn } from './reencrypt-column.ts';
