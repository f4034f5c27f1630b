import { emailKey, mailboxKey } from './email-key.ts';

/** The account whose limits a key belongs to. */
interface LimitOwner {
  id: string;
  email: string;
}

/** The keys of an account's limits of logins by password. */
export const loginKeys = {
  account: (email: string) => `login:account:${emailKey(email)}`,
  device: (email: string, deviceId: string) => `login:device:${deviceId}:${emailKey(email)}`,
  knownDevices: (email: string) => `login:known-devices:${emailKey(email)}`,
};

/** The keys of an account's limits of codes of second factors. */
export const mfaKeys = {
  account: (accountId: string) => `mfa:account:${accountId}`,
  /** Of one known device, or of one session. */
  one: (kind: 'device' | 'session', id: string, accountId: string) => `mfa:${kind}:${id}:${accountId}`,
  /** Shared by all known devices, or by all sessions. */
  known: (kind: 'device' | 'session', accountId: string) => `mfa:known-${kind}s:${accountId}`,
};

/** The keys of an account's limits of passwords that its owner gives again. */
export const reauthenticationKeys = {
  session: (sessionId: string, accountId: string) => `password:session:${sessionId}:${accountId}`,
  /** Of all links that ask for the password. */
  links: (accountId: string) => `password:links:${accountId}`,
  /** Shared by all sessions and links. */
  account: (accountId: string) => `password:account:${accountId}`,
};

/** The keys of all limits by which failures of others can block an account's owner. */
export const ownerKeys = ({ id, email }: LimitOwner): string[] => [
  loginKeys.account(email),
  loginKeys.knownDevices(email),
  mfaKeys.account(id),
  mfaKeys.known('device', id),
  mfaKeys.known('session', id),
  reauthenticationKeys.account(id),
];

/** The last parts of the keys of all limits of an account. Only keys of IP addresses end with another part. */
export const ownerParts = ({ id, email }: LimitOwner): string[] => [id, emailKey(email), mailboxKey(email)];
