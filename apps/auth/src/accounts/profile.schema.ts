import { displayText, hasUnstorableText } from '#common';
import { z } from 'zod';
import { locales } from '../texts/index.ts';
import type { Profile } from './account.ts';

const maxTextLength = 200;
const maxUrlLength = 1024;
const maxMetadataBytes = 4096;

const text = displayText(maxTextLength).nullable();

const picture = z
  .string()
  .trim()
  .max(maxUrlLength)
  .refine(isSecureUrl, 'must be an https:// URL in ASCII without a user name')
  .nullable()
  .meta({ description: 'an https:// URL; this service never loads it', example: 'https://example.com/ada.png' });

const zoneinfo = z
  .string()
  .refine(isTimeZone, 'must be the IANA name of a time zone')
  .nullable()
  .meta({ description: 'time zone by its IANA name', example: 'Europe/London' });

const metadata = z
  .record(z.string(), z.unknown())
  .refine(isSmall, { error: `must have at most ${String(maxMetadataBytes)} bytes as JSON in UTF-8`, abort: true })
  .refine((value) => !hasUnstorableText(value), 'must contain well-formed text without U+0000');

/** What owners say about themselves; null says nothing. */
export const personalFields = {
  name: text.meta({ description: 'full name, as it is shown', example: 'Ada King' }),
  given_name: text.meta({ example: 'Ada' }),
  family_name: text.meta({ example: 'King' }),
  picture,
  locale: z.enum(locales).nullable().meta({ description: 'language of e-mails and pages' }),
  zoneinfo,
};

export const publicMetadata = metadata.meta({
  description:
    'a JSON object of clients, of at most 4 KiB; the owner reads and changes it, so never decide by it what they may do',
  example: { theme: 'dark' },
});

export const privateMetadata = metadata.meta({
  description: 'a JSON object of at most 4 KiB, which the owner neither reads nor changes',
  example: { customer: 'c-1815' },
});

/** What owners may change. */
export const ownProfileFields = { ...personalFields, public_metadata: publicMetadata };

/** What admins may change. */
export const adminProfileFields = { ...ownProfileFields, private_metadata: privateMetadata };

export const profileChangeSchema = z
  .strictObject(ownProfileFields)
  .partial()
  .meta({
    id: 'ProfileChange',
    description: 'What is left out stays; null removes it. Metadata is replaced as a whole.',
    example: { name: 'Ada King', zoneinfo: 'Europe/London' },
  });

export const adminProfileChangeSchema = z
  .strictObject(adminProfileFields)
  .partial()
  .meta({
    id: 'AdminProfileChange',
    description: 'What is left out stays; null removes it. Metadata is replaced as a whole.',
    example: { private_metadata: { customer: 'c-1815' } },
  });

/** Members of a profile: what a change replaces, or what a new account begins with. */
export type ProfileChange = z.output<typeof adminProfileChangeSchema>;

/** What an account's owner sees of the profile. */
export function toOwnProfile(profile: Omit<Profile, 'privateMetadata'>) {
  return {
    name: profile.name,
    given_name: profile.givenName,
    family_name: profile.familyName,
    picture: profile.picture,
    locale: profile.locale,
    zoneinfo: profile.zoneinfo,
    public_metadata: profile.publicMetadata,
  };
}

/** The profile of examples. */
export const profileExample = toOwnProfile({
  name: 'Ada King',
  givenName: 'Ada',
  familyName: 'King',
  picture: null,
  locale: 'en',
  zoneinfo: 'Europe/London',
  publicMetadata: {},
});

function isSecureUrl(value: string): boolean {
  if (!/^https:\/\/[\x21-\x7e]+$/.test(value) || !URL.canParse(value)) {
    return false;
  }
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

/** Whether the time zone database has the name. It has no offsets, which `Intl` knows too. */
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Z][\w+/-]*$/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
}

function isSmall(value: object): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value)) <= maxMetadataBytes;
  } catch {
    // nested too deeply
    return false;
  }
}
