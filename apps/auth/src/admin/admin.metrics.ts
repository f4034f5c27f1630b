import { counter } from '#common';

/** All changes that an admin can make, by their audit events. */
const actions = [
  'account.created',
  'account.deleted',
  'account.disabled',
  'account.enabled',
  'account.invited',
  'account.limits_lifted',
  'account.profile_changed',
  'account.roles_changed',
  'consent.withdrawn',
  'email.changed',
  'email.verified',
  'identity.unlinked',
  'mail.retried',
  'mfa.reset',
  'mfa.totp_disabled',
  'passkey.deleted',
  'password.reset_forced',
  'session.revoked',
] as const;
export type AdminAction = (typeof actions)[number];

export const adminActions = counter({
  name: 'auth_admin_actions_total',
  help: 'Changes that admins made to accounts and mails, by audit event',
  labels: { type: actions },
});
