import { createContext, useContext } from 'react';
import type { Identity } from './authorization.ts';

export const IdentityContext = createContext<Identity | undefined>(undefined);

/** The admin who is signed in. */
export function useIdentity(): Identity {
  const identity = useContext(IdentityContext);
  if (!identity) {
    throw new Error('nobody is signed in');
  }
  return identity;
}
