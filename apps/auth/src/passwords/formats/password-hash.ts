/** How a password hash was made. */
export type HashScheme = 'argon2' | 'bcrypt' | 'firebase-scrypt' | 'pbkdf2' | 'scrypt';

/** A password hash of any format that is understood. */
export interface PasswordHash {
  scheme: HashScheme;
  /** Its parameters: hashes of one kind take the same work. */
  kind: string;
  /** The form it is stored in; reading it gives the same hash again. */
  text: string;
  /** Memory that one check takes. */
  memoryKib: number;
  /** How long one check takes, in about seconds on a slow processor; beyond 1 it would keep all others waiting. */
  slowness: number;
  matches: (password: string) => Promise<boolean>;
}

/** Reads one family of formats; nothing of a text that is not of it, or malformed. */
export type HashParser = (text: string) => PasswordHash | undefined;

/** Shorter digests have other passwords that match. */
const minDigestBytes = 16;
const maxDigestBytes = 64;
const maxSaltBytes = 64;

/** Base64, with or without padding; also as some write it, with `.` for `+`. */
export const base64 = '[A-Za-z0-9+/.]+={0,2}';

export function decode(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

/** As PHC strings have it: without padding. */
export function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

export function areUsableSizes(saltBytes: number, digestBytes: number): boolean {
  return saltBytes > 0 && saltBytes <= maxSaltBytes && digestBytes >= minDigestBytes && digestBytes <= maxDigestBytes;
}
