import { emailKey } from './email-key.ts';

/** The keys of an account's limits of logins by password. */
export const loginKeys = {
  account: (email: string) => `login:account:${emailKey(email)}`,
  knownDevices: (email: string) => `login:known-devices:${emailKey(email)}`,
};

/** The keys of an account's limits of codes of second factors. */
export const mfaKeys = {
  account: (accountId: string) => `mfa:account:${accountId}`,
  /** Shared by all known devices, or by all sessions. */
  known: (kind: 'device' | 'session', accountId: string) => `mfa:known-${kind}s:${accountId}`,
};

/** The key of an account's limit of passwords that its owner gives again within a session. */
export const reauthenticationKey = (accountId: string) => `password:account:${accountId}`;

/** The keys of all limits by which failures of others can block an account's owner. */
export const ownerKeys = ({ id, email }: { id: string; email: string }): string[] => [
  loginKeys.account(email),
  loginKeys.knownDevices(email),
  mfaKeys.account(id),
  mfaKeys.known('device', id),
  mfaKeys.known('session', id),
  reauthenticationKey(id),
];
