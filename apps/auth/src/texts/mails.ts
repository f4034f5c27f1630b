/** Mails with a link, by template. */
const linkTemplates = [
  'account_exists',
  'email_change',
  'email_verification',
  'invitation',
  'magic_link',
  'password_reset',
  'password_reset_required',
] as const;

/** Mails that only tell what happened, by template. */
const noticeTemplates = [
  'account_deleted',
  'authenticator_added',
  'authenticator_removed',
  'email_change_notice',
  'email_changed',
  'identity_linked',
  'identity_unlinked',
  'mfa_reset',
  'new_device',
  'passkey_added',
  'passkey_removed',
  'password_changed',
  'recovery_code_used',
] as const;
export type NoticeTemplate = (typeof noticeTemplates)[number];

/** All mails, by template. */
export const mailTemplates = [...linkTemplates, ...noticeTemplates] as const;
export type MailTemplate = (typeof mailTemplates)[number];

/** One mail in one language; `{name}` stands for a variable. */
interface Message {
  subject: string;
  paragraphs: string[];
  /** Label of the button that opens the variable `link`. */
  action?: string;
}

/** All mails in one language. */
export interface MailTexts {
  /** Shown below each mail. */
  footer: string;
  messages: Record<MailTemplate, Message>;
}
