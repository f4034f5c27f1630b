import { Problem } from '#common';

export const mfaTokenInvalid = new Problem(401, 'mfa_token_invalid', 'The login has expired; log in again');
export const mfaCodeInvalid = new Problem(403, 'mfa_code_invalid', 'The code is not correct, or has already been used');
export const totpNotEnrolled = new Problem(404, 'totp_not_enrolled', 'The account has no authenticator app');
export const totpEnrolled = new Problem(409, 'totp_enrolled', 'The account already has an authenticator app');
