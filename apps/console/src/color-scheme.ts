import { useSyncExternalStore } from 'react';
import { stored } from './stored.ts';

const storageKey = 'console-colors';
const schemes = ['light', 'dark'] as const;
type ColorScheme = (typeof schemes)[number];

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
let chosen = schemes.find((scheme) => scheme === stored.get(storageKey));
const listeners = new Set<() => void>();

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  prefersDark.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    prefersDark.removeEventListener('change', listener);
  };
};

/** The colours that a person has chosen, otherwise those that they prefer everywhere. */
export const useColorScheme = (): ColorScheme =>
  useSyncExternalStore(subscribe, () => chosen ?? (prefersDark.matches ? 'dark' : 'light'));

export function chooseColorScheme(scheme: ColorScheme): void {
  stored.set(storageKey, scheme);
  chosen = scheme;
  listeners.forEach((listener) => {
    listener();
  });
}
