import '@mantine/core/styles/baseline.layer.css';
import '@mantine/core/styles/default-css-variables.layer.css';
import '@mantine/core/styles/global.layer.css';
import './console.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { queries } from './api.ts';
import { useColorScheme } from './color-scheme.ts';
import { initialLocale, keepLocale, LocaleContext, type Locale } from './language.ts';
import { Admission } from './admission/admission.tsx';
import { preloadPage } from './pages.ts';
import type { Entrance } from './session/authorization.ts';

function App({ entrance }: { entrance: Entrance }) {
  const [locale, setLocale] = useState<Locale>(initialLocale);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const colorScheme = useColorScheme();
  useLayoutEffect(() => {
    document.documentElement.dataset['mantineColorScheme'] = colorScheme;
  }, [colorScheme]);
  const language = useMemo(
    () => ({
      locale,
      setLocale: (next: Locale) => {
        keepLocale(next);
        setLocale(next);
      },
    }),
    [locale],
  );
  return (
    <LocaleContext value={language}>
      <QueryClientProvider client={queries}>
        <Router base="/console">
          <Admission entrance={entrance} />
        </Router>
      </QueryClientProvider>
    </LocaleContext>
  );
}

/** Begins to load what the frame will show. */
export function preload(): void {
  // the frame tells of a failure
  import('./layout/content.tsx').catch(() => undefined);
  preloadPage(location.pathname.slice('/console'.length));
}

/** Shows the console, in place of the document's sign that it is loading. */
export function start(entrance: Entrance): void {
  const root = document.getElementById('root');
  if (root) {
    createRoot(root).render(
      <StrictMode>
        <App entrance={entrance} />
      </StrictMode>,
    );
  }
}
