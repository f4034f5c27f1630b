/** Why a call is rejected: the status, the stable `code` and the title of its problem (RFC 9457). */
export interface RejectionKind {
  readonly status: number;
  readonly code: string;
  readonly title: string;
}

/** All of them. */
export const rejections = {
  tokenMissing: { status: 401, code: 'token_missing', title: 'An access token is required' },
  tokenInvalid: { status: 401, code: 'token_invalid', title: 'The access token is not valid' },
  tokenExpired: { status: 401, code: 'token_expired', title: 'The access token has expired' },
  dpopProofInvalid: {
    status: 401,
    code: 'dpop_proof_invalid',
    title: 'The proof of the access token’s key is not valid',
  },
  mfaRequired: { status: 401, code: 'mfa_required', title: 'A recent multi-factor authentication is required' },
  scopeRequired: { status: 403, code: 'scope_required', title: 'The access token lacks a required scope' },
  roleRequired: { status: 403, code: 'role_required', title: 'The account lacks a required role' },
  keysUnavailable: {
    status: 503,
    code: 'keys_unavailable',
    title: 'The keys that verify access tokens are unavailable',
  },
} as const satisfies Record<string, RejectionKind>;

interface RejectionExtras extends ErrorOptions {
  /** `WWW-Authenticate` challenge (RFC 9110 §11.6.1). */
  challenge?: string;
  /** Seconds until a retry may succeed. */
  retryAfter?: number;
}

/** A call may not go on. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly kind: RejectionKind;
  readonly challenge: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(kind: RejectionKind, { challenge, retryAfter, ...options }: RejectionExtras = {}) {
    super(kind.title, options);
    this.kind = kind;
    this.challenge = challenge;
    this.retryAfter = retryAfter;
  }

  /** The headers of the response. */
  headers(): Record<string, string> {
    return {
      ...(this.challenge !== undefined && { 'www-authenticate': this.challenge }),
      ...(this.retryAfter !== undefined && { 'retry-after': String(this.retryAfter) }),
    };
  }

  /** The body of the response, for `application/problem+json`. */
  body() {
    return { type: 'about:blank', ...this.kind };
  }
}
