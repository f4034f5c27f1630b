import { useRef } from 'react';

interface Act {
  mutate: (variables: undefined, options: { onError: () => void }) => void;
  reset: () => void;
}

/** Begins an act once until it fails or is reset: a second click may come before the page shows that it runs. */
export function useOnce({ mutate, reset }: Act): { begin: () => void; reset: () => void } {
  const hasBegun = useRef(false);
  const allow = () => {
    hasBegun.current = false;
  };
  return {
    begin: () => {
      if (!hasBegun.current) {
        hasBegun.current = true;
        mutate(undefined, { onError: allow });
      }
    },
    reset: () => {
      allow();
      reset();
    },
  };
}
