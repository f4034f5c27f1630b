import '@mantine/core/styles.css';
import './console.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, Suspense, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { queries } from './api.ts';
import { initialLocale, keepLocale, LocaleContext, type Locale } from './language.ts';
import { Admission, Waiting } from './admission/admission.tsx';
import { theme } from './theme.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
// where the scroll lock of dialogs looks for the nonce of its style element
Object.assign(globalThis, { __webpack_nonce__: nonce });

function App({ signedIn }: { signedIn: Promise<void> }) {
  const [locale, setLocale] = useState<Locale>(initialLocale);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
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
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <LocaleContext value={language}>
        <QueryClientProvider client={queries}>
          <Router base="/console">
            <Suspense fallback={<Waiting />}>
              <Admission signedIn={signedIn} />
            </Suspense>
          </Router>
        </QueryClientProvider>
      </LocaleContext>
    </MantineProvider>
  );
}

/** Shows the console once the person is signed in. */
export function start(signedIn: Promise<void>): void {
  const root = document.getElementById('root');
  if (root) {
    createRoot(root).render(
      <StrictMode>
        <App signedIn={signedIn} />
      </StrictMode>,
    );
  }
}
