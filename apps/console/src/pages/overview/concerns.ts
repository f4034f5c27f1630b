import type { Statistics, Webhook } from '#client';

type Name =
  | 'webhooksDisabled'
  | 'webhooksFailing'
  | 'deadLetters'
  | 'mailsFailed'
  | 'mailsLate'
  | 'noKey'
  | 'keyOld'
  | 'failures'
  | 'rateLimited';

interface Concern {
  name: Name;
  /** Where it is looked into. */
  link: string;
}

const lateMailSeconds = 300;
/** How late a rotation may be. */
const overdue = 1.1;
/** Below it, a share of failed logins says nothing. */
const enoughLogins = 50;

/**
 * What an admin should look into.
 * @param statistics of the last day
 * @param rotationSeconds how often the signing keys are rotated, if that is known
 */
export function concernsOf(
  { buckets, now }: Statistics,
  webhooks: readonly Webhook[],
  rotationSeconds = Infinity,
): Concern[] {
  const sum = (of: (bucket: Statistics['buckets'][number]) => number) =>
    buckets.reduce((total, bucket) => total + of(bucket), 0);
  const failed = sum(({ logins_failed }) => logins_failed);
  const succeeded = sum(({ logins_succeeded }) => logins_succeeded);
  const rateLimited = sum(({ rate_limited }) => rate_limited);
  const keyAge = now.signing_key_seconds;
  const concerns: [isConcern: boolean, concern: Concern][] = [
    [now.mails_failed.value > 0, { name: 'mailsFailed', link: '/mail?state=failed' }],
    [now.oldest_waiting_mail_seconds > lateMailSeconds, { name: 'mailsLate', link: '/mail' }],
    [keyAge === null, { name: 'noKey', link: '/signing-keys' }],
    [keyAge !== null && keyAge > overdue * rotationSeconds, { name: 'keyOld', link: '/signing-keys' }],
    [failed >= enoughLogins && failed > succeeded, { name: 'failures', link: '/audit?type=login.failed' }],
    [rateLimited >= enoughLogins && rateLimited > succeeded, { name: 'rateLimited', link: '/audit' }],
    [
      webhooks.some(({ disabled_reason: reason }) => reason === 'failing' || reason === 'gone'),
      { name: 'webhooksDisabled', link: '/webhooks' },
    ],
    [
      webhooks.some(({ enabled, failing_since }) => enabled && failing_since !== null),
      { name: 'webhooksFailing', link: '/webhooks' },
    ],
    [webhooks.some(({ dead_letters }) => dead_letters > 0), { name: 'deadLetters', link: '/webhooks' }],
  ];
  return concerns.filter(([isConcern]) => isConcern).map(([, concern]) => concern);
}
