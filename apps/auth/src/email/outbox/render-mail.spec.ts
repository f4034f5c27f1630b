import { expect, it } from 'vitest';
import { locales, mailTemplates } from '../../texts/index.ts';
import { renderMail } from './render-mail.ts';

const variables = {
  email: 'ada@example.com',
  new_email: 'ada.king@example.com',
  link: 'https://app.example.com/page?token=ot_x&next=1',
  device: '<b>Firefox</b> on Linux',
  address: '192.0.2.7',
  provider: 'corporate',
  time: 'Wed, 25 Nov 2026 12:00:00 GMT',
};

const all = locales.flatMap((locale) => mailTemplates.map((template) => [template, locale] as const));

it.each(all)('renders %s in %s as text and as HTML, without placeholders left', (template, locale) => {
  const { subject, text, html } = renderMail(template, locale, variables);
  for (const part of [subject, text, html]) {
    expect(part).not.toMatch(/\{\w+\}|undefined/);
  }
  expect(html).toContain(`<html lang="${locale}">`);
  expect(html).not.toContain('<b>');
  expect(text).toContain('ada@example.com');
  expect(html.includes('href="https://app.example.com/page?token=ot_x&amp;next=1"')).toBe(
    text.includes(variables.link),
  );
});

it('has a subject of its own in each language', () => {
  for (const template of mailTemplates) {
    expect(new Set(locales.map((locale) => renderMail(template, locale, variables).subject)).size).toBe(locales.length);
  }
});

it('rejects a missing variable', () => {
  expect(() => renderMail('magic_link', 'en', { email: 'ada@example.com' })).toThrow('link');
});
