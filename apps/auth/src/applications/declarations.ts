import { ConfigError } from '#common';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { refusedNames, type OwnNames } from './application-uris.ts';
import { declarationsSchema, type Declaration } from './applications.schema.ts';

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

const problemAt = (path: string, message: string) => `APPLICATIONS_FILE: ${path}: ${message}`;

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigError([`APPLICATIONS_FILE: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
