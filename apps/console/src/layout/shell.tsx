import { useContext, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { chooseColorScheme, useColorScheme } from '../color-scheme.ts';
import { LocaleContext, locales, useTexts, type Locale } from '../language.ts';
import { pages } from '../pages.ts';
import { signOut } from '../session/authorization.ts';
import { useIdentity } from '../session/identity.ts';
import { part } from './part.tsx';
import { languageNames, texts } from './texts.ts';

const Content = part(() => import('./content.tsx'));

function ColorSchemeButton() {
  const t = useTexts(texts);
  const other = useColorScheme() === 'dark' ? 'light' : 'dark';
  return (
    <button
      className="control"
      onClick={() => {
        chooseColorScheme(other);
      }}
    >
      {other === 'dark' ? t.dark : t.light}
    </button>
  );
}

function LanguageSelect() {
  const t = useTexts(texts);
  const { locale, setLocale } = useContext(LocaleContext);
  return (
    <select
      className="control"
      aria-label={t.language}
      value={locale}
      onChange={({ currentTarget }) => {
        setLocale(currentTarget.value as Locale);
      }}
    >
      {locales.map((value) => (
        <option key={value} value={value}>
          {languageNames[value]}
        </option>
      ))}
    </select>
  );
}

/**
 * The frame of all pages: navigation, and the page that the path names. It is made of plain elements, so that it can be used before the
 * component library has loaded.
 */
export function Shell() {
  const t = useTexts(texts);
  const { locale } = useContext(LocaleContext);
  const { email } = useIdentity();
  const [path] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
  };
  useEffect(close, [path]);
  const isCurrent = (link: string) => (link === '/' ? path === '/' : path === link || path.startsWith(`${link}/`));

  return (
    <>
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <header className="frame-header">
        <button
          className="frame-menu"
          aria-label={t.menu}
          aria-expanded={isOpen}
          onClick={() => {
            setOpen(!isOpen);
          }}
        />
        <strong>{t.title}</strong>
        <span className="frame-email">{email}</span>
      </header>
      <nav className={`frame-navigation ${isOpen ? 'frame-open' : ''}`} aria-label={t.navigation}>
        <div className="frame-pages">
          {pages.map(({ path: link, label }) => (
            <Link key={link} href={link} onClick={close} aria-current={isCurrent(link) ? 'page' : undefined}>
              {label[locale]}
            </Link>
          ))}
        </div>
        <span className="frame-email">{email}</span>
        <LanguageSelect />
        <ColorSchemeButton />
        <a className="control" href="/account">
          {t.account}
        </a>
        <button className="control" onClick={signOut}>
          {t.signOut}
        </button>
      </nav>
      <main id="content" className="frame-content" tabIndex={-1}>
        <Content />
      </main>
    </>
  );
}
