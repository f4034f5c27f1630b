import { AppShell, Burger, Button, Group, Loader, NavLink, NativeSelect, ScrollArea, Stack, Text } from '@mantine/core';
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense, useContext, useEffect } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { Boundary } from '../kit/boundary.tsx';
import { Notice } from '../kit/notice.tsx';
import { LocaleContext, locales, useTexts, type Locale } from '../language.ts';
import { pages, subPages } from '../pages.ts';
import { signOut } from '../session/authorization.ts';
import { useIdentity } from '../session/identity.ts';
import { NotFound } from './not-found.tsx';
import { languageNames, texts } from './texts.ts';

function ColorSchemeButton() {
  const t = useTexts(texts);
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Button
      variant="default"
      size="sm"
      onClick={() => {
        setColorScheme(other);
      }}
    >
      {other === 'dark' ? t.dark : t.light}
    </Button>
  );
}

function LanguageSelect() {
  const t = useTexts(texts);
  const { locale, setLocale } = useContext(LocaleContext);
  return (
    <NativeSelect
      aria-label={t.language}
      value={locale}
      data={locales.map((value) => ({ value, label: languageNames[value] }))}
      onChange={({ currentTarget }) => {
        setLocale(currentTarget.value as Locale);
      }}
    />
  );
}

/** The frame of all pages: navigation, and the page that the path names. */
export function Shell() {
  const t = useTexts(texts);
  const { locale } = useContext(LocaleContext);
  const { email } = useIdentity();
  const [path] = useLocation();
  const [isOpen, { toggle, close }] = useDisclosure();
  useEffect(close, [path, close]);
  const isCurrent = (link: string) => (link === '/' ? path === '/' : path === link || path.startsWith(`${link}/`));

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t.menu}
              aria-expanded={isOpen}
            />
            <Text fw={650}>{t.title}</Text>
          </Group>
          <Text size="sm" truncate visibleFrom="sm">
            {email}
          </Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={t.navigation} className={isOpen ? '' : 'closed-on-phone'}>
        <AppShell.Section grow component={ScrollArea} type="auto">
          {pages.map(({ path: link, label }) => (
            <NavLink
              key={link}
              component={Link}
              href={link}
              label={label[locale]}
              onClick={close}
              active={isCurrent(link)}
              aria-current={isCurrent(link) ? 'page' : undefined}
            />
          ))}
        </AppShell.Section>
        <AppShell.Section>
          <Stack gap="xs">
            <Text size="sm" truncate hiddenFrom="sm">
              {email}
            </Text>
            <LanguageSelect />
            <ColorSchemeButton />
            <Button variant="default" component="a" href="/account">
              {t.account}
            </Button>
            <Button variant="default" onClick={signOut}>
              {t.signOut}
            </Button>
          </Stack>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Boundary key={path}>
          <Suspense fallback={<Loader aria-label={t.loading} />}>
            <Switch>
              {[...pages, ...subPages].map(({ path: route, component }) => (
                <Route key={route} path={route} component={component} />
              ))}
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </Boundary>
        <Notice />
      </AppShell.Main>
    </AppShell>
  );
}
