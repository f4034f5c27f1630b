import type { Child } from 'hono/jsx';
import { fill, type Locale } from '../../texts/index.ts';
import { colorUrl, styleUrl } from './assets.ts';
import type { PageFrame } from './frame.ts';
import type { Page } from './page.ts';

interface LayoutProps {
  page: PageFrame;
  /** Title of the page and its main heading. */
  title: string;
  wide?: boolean;
  /** A URL that the browser goes to at once. */
  onward?: string;
  children?: Child;
}

/** The frame of all pages. */
export const Layout = ({ page, title, wide, onward, children }: LayoutProps) => (
  <html lang={page.locale}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      {onward !== undefined && <meta http-equiv="refresh" content={`0;url=${onward}`} />}
      <title>{`${title} – ${page.settings.name}`}</title>
      <link rel="stylesheet" href={styleUrl} />
      {page.settings.color && <link rel="stylesheet" href={colorUrl(page.settings.color)} />}
      <link rel="icon" href="data:," />
    </head>
    <body>
      <a class="skip" href="#main">
        {page.texts.common.skip}
      </a>
      <Brand settings={page.settings} />
      <main id="main" class={wide ? 'wide' : ''}>
        <h1>{title}</h1>
        {children}
      </main>
      <Footer page={page} />
    </body>
  </html>
);

const Brand = ({ settings: { name, logoUrl } }: Pick<PageFrame, 'settings'>) => (
  <header class="brand">{logoUrl ? <img src={logoUrl} alt={name} /> : name}</header>
);

const Footer = ({ page: { texts, locale, languages, settings } }: { page: PageFrame }) => (
  <footer>
    {settings.termsUrl && <a href={settings.termsUrl}>{texts.common.terms}</a>}
    {settings.privacyUrl && <a href={settings.privacyUrl}>{texts.common.privacy}</a>}
    {languages.length > 0 && (
      <nav aria-label={texts.common.language}>
        {languages.map(({ locale: other, href }) => (
          <a href={href} lang={other} hreflang={other} aria-current={other === locale ? 'true' : undefined}>
            {languageNames[other]}
          </a>
        ))}
      </nav>
    )}
  </footer>
);

/** Each in its own language. */
const languageNames: Readonly<Record<Locale, string>> = { en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español' };

/** A page that leads to another URL at once, without a redirect. */
export const OnwardPage = ({ page, location }: { page: PageFrame; location: string }) => (
  <Layout page={page} title={page.texts.common.onwardTitle} onward={location}>
    <a class="button wide" href={location}>
      {page.texts.common.onward}
    </a>
  </Layout>
);

/** Says which application the person is signing in to, if its request led here. */
export const Destination = ({ page: { application, texts } }: { page: Page }) =>
  application ? <p class="muted">{fill(texts.common.toContinue, { name: application.name })}</p> : null;

/** A link below a form that leads elsewhere. */
export const WayOut = ({ href, label }: { href: string; label: string }) => (
  <div class="links">
    <p>
      <a href={href}>{label}</a>
    </p>
  </div>
);

/** A page that only says something, with a link to go on. */
export const MessagePage = ({
  page,
  title,
  text,
  link,
  alert,
}: {
  page: Page;
  title: string;
  text: string;
  link?: { href: string; label: string };
  /** Whether the text says that something did not work. */
  alert?: boolean;
}) => (
  <Layout page={page} title={title}>
    <p role={alert ? 'alert' : undefined}>{text}</p>
    {link && (
      <a class="button wide" href={link.href}>
        {link.label}
      </a>
    )}
  </Layout>
);
