import { signatureAlgorithm } from '#common';

/** The algorithm of ID tokens for applications that ask for it (OpenID Connect Core §15.1). */
export const rsaAlgorithm = 'RS256';

/** The algorithms that this service signs with. Access tokens always have the first one, and ID tokens by default. */
export const signingAlgorithms = [signatureAlgorithm, rsaAlgorithm] as const;

/** Lifetime of an ID token. Keys stay published until the last token has expired. */
export const idTokenTtlSeconds = 3600;

export type SigningAlgorithm = (typeof signingAlgorithms)[number];
