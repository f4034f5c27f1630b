import { Problem } from '#common';

export const passkeyInvalid = new Problem(401, 'passkey_invalid', 'The passkey was not accepted');
export const passkeyRefused = new Problem(422, 'passkey_refused', 'The new passkey was not accepted');
export const passkeyNotFound = new Problem(404, 'passkey_not_found', 'The account has no such passkey');
export const passkeyTaken = new Problem(409, 'passkey_taken', 'The passkey is registered already');
export const tooManyPasskeys = new Problem(409, 'too_many_passkeys', 'The account has as many passkeys as it may have');
