export { MailModule, DevMailsModule } from './mail.module.ts';
export { MailService } from './mail.service.ts';
export { mailDisabled } from './mail.problems.ts';
export type { MailVariables } from './render-mail.ts';
