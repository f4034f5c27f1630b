export { MailModule, DevMailsModule } from './mail.module.ts';
export { MailService } from './mail.service.ts';
export { MailPreviews, type MailPreview } from './mail-previews.ts';
export type { ListedMail } from './mail.repository.ts';
export { mailDisabled, mailInDelivery, mailLinkExpired, mailNotFound } from './mail.problems.ts';
export type { MailVariables } from './render-mail.ts';
