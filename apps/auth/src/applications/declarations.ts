import { ConfigError } from '#common';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { consoleClientId } from '../config/index.ts';
import { refusedNames, type OwnNames } from './application-uris.ts';
import { declaration, declarationsSchema, type Declaration } from './applications.schema.ts';

/**
 * Reads the applications that a file declares, in JSON or YAML.
 * @throws ConfigError that lists all problems
 */
export function readDeclarations(path: string, names: OwnNames): Declaration[] {
  return parseDeclarations(
    attempt(() => readFileSync(path, 'utf8')),
    names,
  );
}

/** Does what {@link readDeclarations} does, for the content of a file. */
export function parseDeclarations(text: string, names: OwnNames): Declaration[] {
  const result = declarationsSchema.safeParse(attempt(() => parse(text) as unknown));
  if (!result.success) {
    throw new ConfigError(result.error.issues.map(({ path, message }) => problemAt(path.join('.'), message)));
  }
  const refused = result.data.applications.flatMap((one, index) =>
    refusedNames(one, names).map(({ path, message }) => problemAt(`applications.${String(index)}.${path}`, message)),
  );
  if (refused.length > 0) {
    throw new ConfigError(refused);
  }
  return result.data.applications;
}

/** The console, an application of the service itself. It signs admins in as any other application does. */
export function consoleDeclaration({ TOKEN_ISSUER }: OwnNames): Declaration {
  const home = new URL('/console/', TOKEN_ISSUER).href;
  const members = { client_id: consoleClientId, name: 'Console', kind: 'single_page', first_party: true };
  // in development the issuer may be a host that no other application's URLs may have
  const uris = { redirect_uris: [home], post_logout_redirect_uris: [home], origins: [new URL(home).origin] };
  return { ...declaration.parse({ ...members, redirect_uris: ['https://console.example.com/'] }), ...uris };
}

const problemAt = (path: string, message: string) => `APPLICATIONS_FILE: ${path}: ${message}`;

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigError([`APPLICATIONS_FILE: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
