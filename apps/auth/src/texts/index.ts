export type { PageTexts } from './en/pages.ts';
export { firstLocale, localeOf, locales, statedLocale, type Locale } from './locale.ts';
export { mailTemplates, type MailTemplate, type NoticeTemplate } from './mails.ts';
export { fill, textsOf } from './texts.ts';
