import pg from 'pg';
import { stdSerializers, type SerializedError } from 'pino';
import { QueryFailedError } from 'typeorm';

/** What a database error says without repeating values (PostgreSQL manual, §54.8): never `detail`, `where` or `hint`. */
const facts = ['code', 'severity', 'schema', 'table', 'column', 'dataType', 'constraint', 'routine'] as const;

/** SQLSTATE class 22, data exception: its messages quote the value. */
const quotesValue = /^22...$/;

const statementName = /^\s*\/\* ([\w.-]+) \*\//;

/**
 * Serializes an error for the log. A database error, also as the cause of another one, is logged without its statement's
 * parameters, which may be e-mail addresses and password hashes.
 */
export function serializeError(error: unknown): unknown {
  const safe = withoutParameters(error);
  if (!(safe instanceof Error)) {
    return safe;
  }
  const serialized: SerializedError = stdSerializers.err(safe);
  if (safe !== error) {
    serialized.type = safe.name;
  }
  return serialized;
}

/** The same error, or a copy if it or one of its causes contains parameters of a statement. */
export function withoutParameters(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  if (error instanceof QueryFailedError || error instanceof pg.DatabaseError) {
    return withoutValues(error);
  }
  const cause = withoutParameters(error.cause);
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [];
  const safeErrors = errors.map(withoutParameters);
  if (cause === error.cause && safeErrors.every((safe, index) => safe === errors[index])) {
    return error;
  }
  return Object.assign(copy(error, error.message), error, { cause }, errors.length > 0 && { errors: safeErrors });
}

function withoutValues(error: QueryFailedError | pg.DatabaseError): Error {
  const all = error as Partial<Record<(typeof facts)[number], string>>;
  const message = quotesValue.test(all.code ?? '') ? `data exception (SQLSTATE ${all.code ?? ''})` : error.message;
  const statement = error instanceof QueryFailedError ? statementName.exec(error.query)?.[1] : undefined;
  const known = facts.filter((fact) => all[fact] !== undefined).map((fact) => [fact, all[fact]]);
  return Object.assign(
    copy(error, message),
    Object.fromEntries(known) as object,
    statement !== undefined && { statement },
  );
}

function copy({ name, stack = '' }: Error, message: string): Error {
  const made = new Error(message);
  made.name = name;
  const frames = stack.indexOf('\n    at ');
  made.stack = `${name}: ${message}${frames < 0 ? '' : stack.slice(frames)}`;
  return made;
}
