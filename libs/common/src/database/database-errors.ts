import { QueryFailedError } from 'typeorm';

/**
 * PostgreSQL error classes and codes (PostgreSQL manual, Appendix A) that say the database can't serve now, though the
 * statement may be right: connection lost, out of resources, shutting down, timeouts, a standby, deadlocks.
 */
const unavailable = /^(08...|53...|57P0.|57014|55P03|25006|40001|40P01)$/;

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

/** The driver gives these no code. */
const driverMessages =
  /^(Connection terminated|timeout (exceeded|expired)|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** Whether an error means that the database can't be used at the moment. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, message, errors } = Object(error instanceof QueryFailedError ? error.driverError : error) as {
    code?: unknown;
    message?: unknown;
    /** One for each address that was tried (`AggregateError`). */
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
 * Whether an error is the violation of one unique constraint (SQLSTATE 23505).
 * @param constraint the constraint's or index's name
 */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  if (!(error instanceof QueryFailedError)) {
    return false;
  }
  const { code, constraint: violated } = error.driverError as { code?: string; constraint?: string };
  return code === '23505' && violated === constraint;
}
