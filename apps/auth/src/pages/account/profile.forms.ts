import { z } from 'zod';
import { profileChangeSchema, toOwnProfile, type AccountDetails } from '../../accounts/index.ts';
import type { FormState } from '../kit/index.ts';

const { name, given_name, family_name, picture, locale, zoneinfo } = profileChangeSchema.shape;

/** The form of a profile. What is left empty, which forms do not send, is removed. */
export const profileForm = z.object({
  name: name.default(null),
  given_name: given_name.default(null),
  family_name: family_name.default(null),
  picture: picture.default(null),
  locale: locale.default(null),
  zoneinfo: zoneinfo.default(null),
});

/** The form with what an account says now. */
export function profileFormOf(account: AccountDetails): FormState {
  const { public_metadata: _, ...profile } = toOwnProfile(account);
  const values = Object.entries(profile).map(([name, text]) => [name, text ?? ''] as const);
  return { values: Object.fromEntries(values), errors: {} };
}
