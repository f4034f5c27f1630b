import { createHash } from 'node:crypto';
import { emailKey, type RateLimit } from '../../rate-limits/index.ts';
import type { MailTemplate } from '../templates/index.ts';

/** Above the bursts of the requests that send links, so that the mail of a request that they let through is sent. */
const templateBurst = 6;
const linksBurst = 20;
const daySeconds = 24 * 3600;

/** What a mail is counted as. */
interface CountedMail {
  /** The recipient's e-mail address. */
  to: string;
  template: MailTemplate;
  ttlSeconds?: number;
  oncePerDay?: string;
}

/**
 * The limits of a mail: per recipient and template, and for mails with a link, which strangers can request, also per recipient.
 * Notices have no limit in common with mails of other templates, so that no other mail can suppress them.
 */
export function mailLimits({ to, template, ttlSeconds, oncePerDay }: CountedMail): [RateLimit, RateLimit?] {
  const recipient = emailKey(to);
  const limit: RateLimit = { key: `mail:${template}:${recipient}`, burst: templateBurst };
  if (oncePerDay !== undefined) {
    const topic = createHash('sha256').update(oncePerDay).digest('base64url');
    return [{ key: `mail:${template}:${topic}`, burst: 1, delaySeconds: daySeconds }, limit];
  }
  return ttlSeconds === undefined ? [limit] : [limit, { key: `mail:links:${recipient}`, burst: linksBurst }];
}
