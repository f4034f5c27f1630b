import { z } from 'zod';
import { email } from '../../accounts/index.ts';
import { mfaChallengeExample, mfaChallengeSchema } from '../mfa/index.ts';
import { existingPassword } from '../../passwords/index.ts';
import { tokensExample, tokensSchema } from '../../sessions/index.ts';

export const loginSchema = z
  .strictObject({ email, password: existingPassword })
  .meta({ id: 'Credentials', example: { email: 'ada@example.com', password: 'violet-otter-hums-42-songs' } });

/** What a login answers: the session, or what it takes to get one. */
export const loginResultSchema = z.union([tokensSchema, mfaChallengeSchema]).meta({ id: 'LoginResult' });

export const loginResultExamples = {
  tokens: { summary: 'A session', value: tokensExample },
  mfa: { summary: 'A second factor is asked for', value: mfaChallengeExample },
};

export type Credentials = z.output<typeof loginSchema>;
