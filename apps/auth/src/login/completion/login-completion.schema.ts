import { z } from 'zod';
import { tokensExample, tokensSchema } from '../../sessions/index.ts';
import { mfaChallengeExample, mfaChallengeSchema } from '../mfa/index.ts';

/** The response to a login: the tokens of a session, or a challenge for a second factor. */
export const loginResultSchema = z.union([tokensSchema, mfaChallengeSchema]).meta({ id: 'LoginResult' });

export const loginResultExamples = {
  tokens: { summary: 'A session', value: tokensExample },
  mfa: { summary: 'A challenge for a second factor', value: mfaChallengeExample },
};
