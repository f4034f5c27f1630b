import { z } from 'zod';
import type { ListedMail, MailPreview } from '../email/outbox/index.ts';
import { locales, mailTemplates } from '../texts/index.ts';
import { cursor, encodeCursor, isCreationPosition } from './cursor.ts';

const maxPage = 200;
const defaultPage = 50;

export const mailQuerySchema = z.strictObject({
  state: z.enum(['waiting', 'failed', 'sent']).default('waiting').meta({
    description:
      'what has become of the mails; those that a mail server has accepted are deleted, so `sent` is for development',
  }),
  limit: z.coerce.number().int().min(1).max(maxPage).default(defaultPage).meta({ description: 'mails on the page' }),
  after: cursor
    .refine(isCreationPosition, 'must be the `next` of a page')
    .optional()
    .meta({ description: '`next` of the previous page' }),
});

export type MailQuery = z.output<typeof mailQuerySchema>;

const time = z.iso.datetime();

export const mailSchema = z
  .object({
    id: z.uuid(),
    account_id: z.uuid().nullable(),
    recipient: z.string().meta({ description: 'e-mail address' }),
    template: z.string(),
    locale: z.string(),
    created_at: time,
    attempts: z.int().meta({ description: 'attempts to send it, one under way included' }),
    last_error: z.string().nullable().meta({ description: 'why the latest attempt failed' }),
    next_attempt_at: time.nullable().meta({ description: 'null if it is sent or has failed' }),
    sent_at: time.nullable(),
    failed_at: time.nullable().meta({ description: 'when the mail server rejected it for good' }),
    expires_at: time.nullable().meta({ description: 'when its link expires; null without a link' }),
  })
  .meta({ id: 'Mail', description: 'A mail in the outbox, without its content' });

export type MailView = z.output<typeof mailSchema>;

export const mailPageSchema = z
  .object({
    mails: z.array(mailSchema),
    next: z.string().nullable().meta({ description: '`after` of the next page; null on the last one' }),
  })
  .meta({ id: 'MailPage', description: 'A page of mails, the latest first' });

export function toMailView({ lastError, ...mail }: ListedMail): MailView {
  const isWaiting = !mail.sentAt && !mail.failedAt;
  return {
    id: mail.id,
    account_id: mail.accountId,
    recipient: mail.recipient,
    template: mail.template,
    locale: mail.locale,
    created_at: mail.createdAt.toISOString(),
    attempts: mail.attempts,
    last_error: lastError,
    next_attempt_at: isWaiting ? mail.nextAttemptAt.toISOString() : null,
    sent_at: mail.sentAt?.toISOString() ?? null,
    failed_at: mail.failedAt?.toISOString() ?? null,
    expires_at: mail.expiresAt?.toISOString() ?? null,
  };
}

/** @param limit mails on a full page */
export function toMailPage(mails: ListedMail[], limit: number): z.output<typeof mailPageSchema> {
  const last = mails.length === limit ? mails.at(-1) : undefined;
  return { mails: mails.map(toMailView), next: last ? encodeCursor(last.position) : null };
}

export const mailIdSchema = z
  .uuid()
  .meta({ description: 'id of the mail', example: '0199f2c4-9b1d-7c55-8f10-3a7d5e2b4c61' });

export const mailExample: MailView = {
  id: '0199f2c4-9b1d-7c55-8f10-3a7d5e2b4c61',
  account_id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
  recipient: 'ada@example.com',
  template: 'invitation',
  locale: 'en',
  created_at: '2026-11-25T12:00:00.000Z',
  attempts: 3,
  last_error: 'ESOCKET CONN',
  next_attempt_at: '2026-11-25T12:02:00.000Z',
  sent_at: null,
  failed_at: null,
  expires_at: '2026-12-02T12:00:00.000Z',
};

export const previewListSchema = z
  .object({
    previews: z.array(z.object({ template: z.enum(mailTemplates), locale: z.enum(locales), subject: z.string() })),
  })
  .meta({ id: 'MailPreviewList', description: 'All mails in all languages' });

export const previewListExample: z.output<typeof previewListSchema> = {
  previews: [{ template: 'invitation', locale: 'en', subject: 'You have been invited' }],
};

export const previewTemplateSchema = z
  .enum(mailTemplates)
  .meta({ description: 'template of the mail', example: 'invitation' });

export const previewQuerySchema = z.strictObject({
  locale: z.enum(locales).default('en').meta({ description: 'language of the mail' }),
});

export const previewSchema = z
  .object({
    template: z.enum(mailTemplates),
    locale: z.enum(locales),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
  })
  .meta({ id: 'MailPreview', description: 'A mail with example values' });

export const previewExample: MailPreview = {
  template: 'invitation',
  locale: 'en',
  subject: 'You have been invited',
  text: 'An account was created for ada@example.com. Set a password to start using it.',
  html: '<!doctype html><html lang="en">…</html>',
};
