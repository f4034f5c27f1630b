import { createTheme } from '@mantine/core';

/** Colours with the contrast that WCAG 2.2 demands of texts (§1.4.3), in both schemes. */
export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  defaultRadius: 'md',
  respectReducedMotion: true,
});
