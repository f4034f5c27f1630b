/** The algorithm of a password hash. */
export type HashScheme = 'argon2' | 'bcrypt' | 'firebase-scrypt' | 'pbkdf2' | 'scrypt';

/** A password hash of a supported format. */
export interface PasswordHash {
  scheme: HashScheme;
  /** The stored form. Parsing it returns the same hash. */
  text: string;
  /** Memory of one verification. */
  memoryKib: number;
  /** Duration of one verification in seconds, roughly, on a slow processor. Beyond 1 it would delay all others. */
  slowness: number;
  /** Length of the part of a password that is hashed; whole passwords if missing. */
  maxPasswordBytes?: number;
  matches: (password: string) => Promise<boolean>;
}

/** Parses one family of formats; undefined if the text is malformed or has another format. */
export type HashParser = (text: string) => PasswordHash | undefined;

/** A shorter digest would also match other passwords. */
const minDigestBytes = 16;
const maxDigestBytes = 64;
const maxSaltBytes = 64;

/** Base64 with or without padding; some implementations write `.` for `+`. */
export const base64 = '[A-Za-z0-9+/.]+={0,2}';

export function decode(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

/** Base64 without padding, as in PHC strings. */
export function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

export function areUsableSizes(saltBytes: number, digestBytes: number): boolean {
  return saltBytes > 0 && saltBytes <= maxSaltBytes && digestBytes >= minDigestBytes && digestBytes <= maxDigestBytes;
}
