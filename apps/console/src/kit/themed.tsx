import { createTheme, MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { useColorScheme } from '../color-scheme.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
// where the scroll lock of dialogs looks for the nonce of its style element
Object.assign(globalThis, { __webpack_nonce__: nonce });

/** Colours with the contrast that WCAG 2.2 demands of texts (§1.4.3), in both schemes. */
const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: 'md',
  respectReducedMotion: true,
});

/** What is made of the component library's parts. The frame around it is not: it must not wait for the library. */
export function Themed({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} forceColorScheme={useColorScheme()} getStyleNonce={() => nonce}>
      {children}
    </MantineProvider>
  );
}
