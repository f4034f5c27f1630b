import type { SettingDescription } from '#common';
import { groupSettings } from './setting-groups.ts';

const introduction = `
# Configuration

The auth service reads its settings from environment variables. An empty variable counts as unset. At the start the service
checks all settings, prints every mistake at once and exits with status 78.

A secret can also be read from a file: set \`NAME_FILE\` to the file's path instead of \`NAME\`.
`;

/** A valid value of `OIDC_PROVIDERS`. */
export const providersExample = [
  {
    id: 'google',
    name: 'Google',
    issuer: 'https://accounts.google.com',
    client_id: '…',
    client_secret: '…',
    redirect_uris: ['https://app.example.com/signed-in', 'com.example.app:/signed-in'],
  },
];

/** What a setting's entry needs beside its description. */
const notes: Record<string, string> = {
  OIDC_PROVIDERS: `
An example with one provider. The web app serves the first redirect URI, and the second one opens the native app. Register
both with the provider. Each of them passes the query of its call on to \`POST /auth/social/google/complete\`.

\`\`\`json
${JSON.stringify(providersExample)}
\`\`\`
`,
};

/** The page that lists all settings by group. */
export function configurationPage(settings: SettingDescription[]): string {
  const sections = groupSettings(settings).map(
    ([group, members]) => `## ${group}\n\n${members.map(entry).join('\n\n')}`,
  );
  return [introduction, ...sections].join('\n\n');
}

function entry(setting: SettingDescription): string {
  const { name, description, values } = setting;
  const facts = [
    fallback(setting),
    ...(values ? [`Values: ${values.map((value) => `\`${value}\``).join(', ')}`] : []),
    ...range(setting),
    ...(setting.secret ? [`Secret: also read from the file that \`${name}_FILE\` names`] : []),
  ];
  const list = facts.map((fact) => `- ${fact}`).join('\n');
  return [`### \`${name}\``, sentence(description), list, notes[name] ?? ''].join('\n\n');
}

function fallback({ required, defaultValue, unit = '' }: SettingDescription): string {
  if (required) {
    return '**Required**';
  }
  if (defaultValue === undefined) {
    return 'Default: unset';
  }
  return defaultValue === '' ? 'Default: empty' : `Default: \`${defaultValue}\` ${unit}`;
}

function range({ minimum, maximum, unit = '' }: SettingDescription): string[] {
  return minimum === undefined || maximum === undefined ? [] : [`Range: ${minimum} to ${maximum} ${unit}`];
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
