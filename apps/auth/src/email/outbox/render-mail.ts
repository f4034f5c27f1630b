import { textsOf, type Locale, type MailTemplate } from '../../texts/index.ts';

/** The values of a template's `{name}` placeholders; `link` is the URL of its button. */
export type MailVariables = Readonly<Record<string, string>>;

/** A mail, ready to send. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/**
 * Renders a mail as text and as HTML.
 * @throws Error if a variable of the template is missing
 */
export function renderMail(template: MailTemplate, locale: Locale, variables: MailVariables): RenderedMail {
  const { footer, messages } = textsOf(locale).mails;
  const { subject, paragraphs, action } = messages[template];
  const filled = paragraphs.map((paragraph) => fill(paragraph, variables));
  const button = action === undefined ? undefined : { label: action, link: fill('{link}', variables) };
  return {
    subject,
    text: [...filled, ...(button ? [`${button.label}: ${button.link}`] : []), '-- ', footer].join('\n\n'),
    html: htmlOf(locale, subject, filled, button, footer),
  };
}

function fill(text: string, variables: MailVariables): string {
  return text.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = variables[name];
    if (value === undefined) {
      throw new Error(`The mail needs the variable ${name}.`);
    }
    return value;
  });
}

function htmlOf(
  locale: Locale,
  subject: string,
  paragraphs: string[],
  button: { label: string; link: string } | undefined,
  footer: string,
): string {
  const style =
    'font-family:system-ui,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;max-width:34em;margin:2em auto';
  const buttonStyle =
    'display:inline-block;padding:.6em 1.2em;border-radius:.4em;background:#1a56db;color:#fff;text-decoration:none';
  return [
    '<!doctype html>',
    `<html lang="${locale}"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>`,
    `<body style="${style}">`,
    ...paragraphs.map((paragraph) => `<p>${escape(paragraph)}</p>`),
    ...(button ? [`<p><a href="${escape(button.link)}" style="${buttonStyle}">${escape(button.label)}</a></p>`] : []),
    `<p style="font-size:13px;color:#666">${escape(footer)}</p>`,
    '</body></html>',
  ].join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string) => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
