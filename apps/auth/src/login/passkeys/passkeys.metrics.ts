import { counter } from '#common';

const ceremonies = {
  name: 'auth_passkey_ceremonies_total',
  help: 'Passkey registrations and logins by result; `cloned` counts logins whose signature counter did not rise',
};

// one metric; the two ceremonies have different results
export const passkeyRegistrations = counter({
  ...ceremonies,
  labels: { ceremony: ['registration'], result: ['succeeded', 'failed'] },
});
export const passkeyLogins = counter({
  ...ceremonies,
  labels: { ceremony: ['login'], result: ['succeeded', 'failed', 'cloned', 'throttled'] },
});
