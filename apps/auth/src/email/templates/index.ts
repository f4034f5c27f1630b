export { firstLocale, localeOf, statedLocale } from './locale.ts';
export { locales, type Locale, type MailTemplate, type NoticeTemplate } from './message.ts';
export { renderMail, type MailVariables, type RenderedMail } from './render.ts';
