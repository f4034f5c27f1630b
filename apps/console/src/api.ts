import { createAuthClient, customSession, orThrow, ProblemError } from '#client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { accessToken, authorize, refresh } from './session/authorization.ts';

/** The documented API of the service. A session that has ended leads to the login, and back to the same path. */
export const api = createAuthClient({
  baseUrl: location.origin,
  session: customSession({ accessToken, refresh, onEnd: () => void authorize() }),
});

export { orThrow, ProblemError };

const onError = (error: unknown) => {
  // an admin who has lost the role meanwhile learns it from the whole page
  if (codeOf(error) === 'role_required') {
    void queries.invalidateQueries({ queryKey: ['me'] });
  }
};

export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // the client retries what may be retried
    queries: { retry: false, staleTime: 10_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/** The `code` of a problem; undefined for any other error, such as a lost connection. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof ProblemError ? String(error.code) : undefined;

/** How old a proof may be for what was refused, in seconds (RFC 9470); 0 if the answer does not say. */
export const proofMaxAge = (error: unknown): number =>
  error instanceof ProblemError
    ? Number(/max_age="?(\d+)/.exec(error.response.headers.get('www-authenticate') ?? '')?.[1] ?? 0)
    : 0;

/** Whether an act needs a proof of who acts that is younger than theirs. */
export const needsProof = (error: unknown): boolean =>
  ['mfa_required', 'reauthentication_required'].includes(codeOf(error) ?? '');
