import { createAuthClient, customSession, orThrow, ProblemError } from '#client';
import { QueryClient } from '@tanstack/react-query';
import { accessToken, authorize, refresh } from './session/authorization.ts';

/** The documented API of the service. A session that has ended leads to the login, and back to the same path. */
export const api = createAuthClient({
  baseUrl: location.origin,
  session: customSession({ accessToken, refresh, onEnd: () => void authorize() }),
});

export { orThrow, ProblemError };

export const queries = new QueryClient({
  defaultOptions: {
    // the client retries what may be retried
    queries: { retry: false, staleTime: 10_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/** The `code` of a problem; undefined for any other error, such as a lost connection. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof ProblemError ? String(error.code) : undefined;

/** Whether an act needs a proof of who acts that is younger than theirs. */
export const needsProof = (error: unknown): boolean =>
  ['mfa_required', 'reauthentication_required'].includes(codeOf(error) ?? '');
