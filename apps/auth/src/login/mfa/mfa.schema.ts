import { z } from 'zod';
import { ownPassword } from '../../passwords/index.ts';

/** White space and dashes (Unicode Pd), which people type or copy with a code. */
const separators = /[\s\p{Pd}]/gu;

/** A code without its separators, in upper case. */
const code = z
  .string()
  .max(64)
  .overwrite((text) => text.replaceAll(separators, '').toUpperCase());

/** Six digits from an authenticator app, or a recovery code. */
const secondFactorCode = code
  .regex(/^(\d{6}|[A-Z2-7]{16})$/, 'must be 6 digits from the authenticator app, or a recovery code')
  .meta({ description: '6 digits from the authenticator app, or a recovery code', example: '492039' });

export const totpEnrolmentSchema = z
  .strictObject({ password: ownPassword })
  .meta({ id: 'TotpEnrolment', example: { password: 'violet-otter-hums-42-songs' } });

export const totpRemovalSchema = z
  .strictObject({ password: ownPassword })
  .meta({ id: 'TotpRemoval', example: { password: 'violet-otter-hums-42-songs' } });

export type OwnPassword = z.output<typeof totpEnrolmentSchema>;

export const totpConfirmationSchema = z
  .strictObject({
    code: code.regex(/^\d{6}$/, 'must be 6 digits').meta({ example: '492039' }),
  })
  .meta({ id: 'TotpConfirmation', example: { code: '492039' } });

export const stepUpSchema = z
  .strictObject({ code: secondFactorCode })
  .meta({ id: 'StepUp', example: { code: '492039' } });

export const mfaAnswerSchema = z
  .strictObject({
    mfa_token: z.string().trim().min(1).max(128).meta({ description: 'the token from the response to the login' }),
    code: secondFactorCode,
  })
  .meta({ id: 'MfaAnswer', example: { mfa_token: 'ot_n7Ck1cXo…', code: '492039' } });

export type MfaAnswer = z.output<typeof mfaAnswerSchema>;

export const mfaChallengeSchema = z
  .object({
    mfa_required: z.literal(true),
    mfa_token: z.string().meta({ description: 'send it with a code to `/auth/login/mfa`' }),
    expires_in: z.int().meta({ description: 'lifetime of the token in seconds' }),
    methods: z.array(z.enum(['totp', 'recovery_code'])),
  })
  .meta({ id: 'MfaChallenge', description: 'The first factor is correct; the account requires a second one' });

export type MfaChallenge = z.output<typeof mfaChallengeSchema>;

export const mfaChallengeExample: MfaChallenge = {
  mfa_required: true,
  mfa_token: 'ot_n7Ck1cXo…',
  expires_in: 300,
  methods: ['totp', 'recovery_code'],
};

export const totpSetupSchema = z
  .object({
    secret: z.string().meta({ description: 'in base32, for apps without a camera' }),
    otpauth_uri: z.string(),
    qr_code: z.string().meta({ description: 'the URI as an image: a `data:` URL of an SVG' }),
  })
  .meta({ id: 'TotpSetup', description: 'The secret of an authenticator app; shown once' });

export type TotpSetup = z.output<typeof totpSetupSchema>;

export const totpSetupExample: TotpSetup = {
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  otpauth_uri: 'otpauth://totp/devopslocally:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ…',
  qr_code: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0i…',
};

export const recoveryCodesSchema = z
  .object({ recovery_codes: z.array(z.string()) })
  .meta({ id: 'RecoveryCodes', description: '10 codes, each valid once; shown once' });

export type RecoveryCodes = z.output<typeof recoveryCodesSchema>;

export const recoveryCodesExample: RecoveryCodes = {
  recovery_codes: ['MZXW-6YTB-OI2D-K3TL', 'JBSW-Y3DP-EHPK-3PXP'],
};

export const mfaStatusSchema = z
  .object({
    totp: z.boolean().meta({ description: 'whether logins ask for codes of an authenticator app' }),
    recovery_codes: z.int().meta({ description: 'number of unused recovery codes' }),
  })
  .meta({ id: 'MfaStatus', description: 'The account’s second factors' });

export type MfaStatus = z.output<typeof mfaStatusSchema>;

export const mfaStatusExample: MfaStatus = { totp: true, recovery_codes: 10 };
