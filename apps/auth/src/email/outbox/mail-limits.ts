import { createHash } from 'node:crypto';
import { mailboxKey, type RateLimit } from '../../rate-limits/index.ts';
import type { MailTemplate } from '../../texts/index.ts';

/** Above the bursts of the requests that send links, so that the mail of a request that they let through is sent. */
const templateBurst = 6;
const linksBurst = 20;
/** Mails with a link that anybody can request for an account. */
const requestedTemplates: MailTemplate[] = ['email_verification', 'magic_link', 'password_reset'];
const daySeconds = 24 * 3600;

/** What a mail is counted as. */
interface CountedMail {
  /** The recipient's e-mail address. */
  to: string;
  template: MailTemplate;
  oncePerDay?: string;
}

/**
 * The limits of a mail: per recipient and template, and for links that anybody can request for an account, also per recipient.
 * Mails of other templates have no limit in common: strangers can't suppress what an admin sends, or a notice. A recipient is a
 * mailbox, so that tags after a plus do not multiply the mails to one person.
 */
export function mailLimits({ to, template, oncePerDay }: CountedMail): [RateLimit, RateLimit?] {
  const recipient = mailboxKey(to);
  const limit: RateLimit = { key: `mail:${template}:${recipient}`, burst: templateBurst };
  if (oncePerDay !== undefined) {
    const topic = createHash('sha256').update(oncePerDay).digest('base64url');
    return [{ key: `mail:${template}:${topic}`, burst: 1, delaySeconds: daySeconds }, limit];
  }
  return requestedTemplates.includes(template)
    ? [limit, { key: `mail:links:${recipient}`, burst: linksBurst }]
    : [limit];
}
