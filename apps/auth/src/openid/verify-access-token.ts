import { accessTokenType, signatureAlgorithm, UnusableTokenError } from '#common';
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import type { KeyObject } from 'node:crypto';

interface Expected {
  issuer: string;
  /** Audiences of which the token must have one; any if it is undefined. */
  audiences?: string[];
}

/**
 * Verifies an access token of this service as services do.
 * @returns its claims; undefined if it is not valid, or not an access token
 * @throws Error if the keys are unavailable
 */
export async function verifyAccessToken(
  token: string,
  resolveKey: (kid: string) => Promise<KeyObject>,
  { issuer, audiences }: Expected,
): Promise<JWTPayload | undefined> {
  const keyId = keyIdOf(token);
  const key = keyId === undefined ? undefined : await resolveKey(keyId).catch(unlessUnusable);
  if (!key) {
    return undefined;
  }
  const verified = await jwtVerify(token, key, {
    issuer,
    ...(audiences && { audience: audiences }),
    typ: accessTokenType,
    algorithms: [signatureAlgorithm],
    requiredClaims: ['exp'],
  }).catch(() => undefined);
  return verified?.payload;
}

function keyIdOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined;
  }
}

function unlessUnusable(error: unknown): undefined {
  if (!(error instanceof UnusableTokenError)) {
    throw error;
  }
}
