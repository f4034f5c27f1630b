import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { locales, mailTemplates, type Locale, type MailTemplate } from '../../texts/index.ts';
import { renderMail, type MailVariables, type RenderedMail } from './render-mail.ts';

/** A mail with example values. */
export interface MailPreview extends RenderedMail {
  template: MailTemplate;
  locale: Locale;
}

/** Shows mails as they are sent, with example values. */
@Injectable()
export class MailPreviews {
  private readonly variables: MailVariables;

  constructor(@Inject(AUTH_CONFIG) { APP_URL }: Pick<AuthConfig, 'APP_URL'>) {
    this.variables = {
      email: 'ada@example.com',
      new_email: 'ada.king@example.com',
      link: `${APP_URL}/example?token=ot_example`,
      device: 'Firefox on Linux',
      address: '192.0.2.7',
      provider: 'Acme',
      time: new Date('2026-11-25T12:00:00Z').toUTCString(),
    };
  }

  list(): Pick<MailPreview, 'template' | 'locale' | 'subject'>[] {
    return mailTemplates.flatMap((template) =>
      locales.map((locale) => ({ template, locale, subject: this.show(template, locale).subject })),
    );
  }

  show(template: MailTemplate, locale: Locale): MailPreview {
    return { template, locale, ...renderMail(template, locale, this.variables) };
  }
}
