import { Problem } from '#common';

export const passkeyInvalid = new Problem(401, 'passkey_invalid', 'The passkey is not valid');
export const passkeyRefused = new Problem(422, 'passkey_refused', 'The new passkey is not valid');
export const passkeyNotFound = new Problem(404, 'passkey_not_found', 'The account has no such passkey');
export const passkeyTaken = new Problem(409, 'passkey_taken', 'The passkey is already registered');
export const tooManyPasskeys = new Problem(409, 'too_many_passkeys', 'The account has the maximum number of passkeys');
