import { createContext, useContext } from 'react';
import type { OwnAccount } from '#client';

export const IdentityContext = createContext<OwnAccount | undefined>(undefined);

/** The admin who is signed in. */
export function useIdentity(): OwnAccount {
  const identity = useContext(IdentityContext);
  if (!identity) {
    throw new Error('nobody is signed in');
  }
  return identity;
}
