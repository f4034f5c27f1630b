/** The languages of mails. */
export const locales = ['en', 'de', 'fr', 'es'] as const;
export type Locale = (typeof locales)[number];

/** All mails, by template. */
export const mailTemplates = [
  'email_change',
  'email_change_notice',
  'email_verification',
  'invitation',
  'magic_link',
  'new_device',
  'password_changed',
  'password_reset',
  'password_reset_required',
] as const;
export type MailTemplate = (typeof mailTemplates)[number];

/** One mail in one language; `{name}` stands for a variable. */
export interface Message {
  subject: string;
  paragraphs: string[];
  /** Label of the button that opens the variable `link`. */
  action?: string;
}

/** All mails in one language. */
export interface Messages {
  /** Shown below each mail. */
  footer: string;
  messages: Record<MailTemplate, Message>;
}
