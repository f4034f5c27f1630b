import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';

/**
 * SQLSTATE classes and codes (PostgreSQL manual, Appendix A) of temporary failures, where the same statement may succeed
 * later: lost connection, insufficient resources, shutdown, timeout, read-only standby, serialization failure, deadlock.
 */
const unavailable = /^(08...|53...|57P0.|57014|55P03|25006|40001|40P01)$/;

/** Node.js error codes of a failed or broken connection to the database. */
const networkErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
]);

/** Driver errors that have no `code`. */
const driverMessages =
  /^(Connection terminated|timeout (exceeded|expired)|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** Whether an error means that the database is temporarily unavailable. */
export function isDatabaseUnavailable(error: unknown): boolean {
  // TypeORM gives up a transaction's connection as it breaks, and the next statement finds none
  if (error instanceof QueryRunnerAlreadyReleasedError) {
    return true;
  }
  const { code, message, errors } = Object(error instanceof QueryFailedError ? error.driverError : error) as {
    code?: unknown;
    message?: unknown;
    /** One error per IP address that was tried (`AggregateError`). */
    errors?: unknown[];
  };
  if (Array.isArray(errors)) {
    return errors.some(isDatabaseUnavailable);
  }
  return typeof code === 'string'
    ? unavailable.test(code) || networkErrors.has(code)
    : typeof message === 'string' && driverMessages.test(message);
}

/**
 * Whether an error is a violation of the given unique constraint (SQLSTATE 23505).
 * @param constraint name of the constraint or unique index
 */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  if (!(error instanceof QueryFailedError)) {
    return false;
  }
  const { code, constraint: violated } = error.driverError as { code?: string; constraint?: string };
  return code === '23505' && violated === constraint;
}

/** Whether an error is a violation of a foreign key (SQLSTATE 23503): the row that it refers to is gone. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '23503';
}

/** Whether a statement could not get a lock in time (SQLSTATE 55P03). */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '55P03';
}
