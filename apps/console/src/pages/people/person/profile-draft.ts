import type { AdminAccount, AdminProfileChange } from '#client';

export const textNames = ['name', 'given_name', 'family_name', 'picture', 'zoneinfo'] as const;
export const metadataNames = ['public_metadata', 'private_metadata'] as const;

/** A profile as the texts of a form. */
export type Draft = Record<(typeof textNames)[number] | (typeof metadataNames)[number] | 'locale', string>;

const names = [...textNames, ...metadataNames, 'locale'] as const;

export function draftOf(account: AdminAccount): Draft {
  const textOf = (name: keyof Draft) => {
    const value = account[name];
    return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : (value ?? '');
  };
  return Object.fromEntries(names.map((name) => [name, textOf(name)])) as Draft;
}

/** The JSON object of a text; undefined if it is none. */
export function parseMetadata(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.trim() || '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The members that a form has changed, so that it does not undo what others have changed meanwhile. */
export function changeOf(account: AdminAccount, draft: Draft): AdminProfileChange {
  const before = draftOf(account);
  const changed = names.filter((name) => draft[name].trim() !== before[name]);
  const valueOf = (name: keyof Draft) =>
    name === 'public_metadata' || name === 'private_metadata' ? parseMetadata(draft[name]) : draft[name].trim() || null;
  return Object.fromEntries(changed.map((name) => [name, valueOf(name)]));
}
