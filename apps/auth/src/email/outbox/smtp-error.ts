/** An error of nodemailer. */
interface TransportError {
  /** The command that failed, such as `RCPT TO`; `CONN` for the greeting. */
  command?: string;
  /** The server's reply code (RFC 5321 §4.2). */
  responseCode?: number;
  /** What failed on this side, such as `ECONNECTION`. */
  code?: string;
}

/**
 * Whether the server refuses this mail for good: with a permanent reply (RFC 5321 §4.2.1) to the recipient or to the content.
 * Any other error, such as a wrong password or a refused sender, concerns all mails, and passes once its cause is removed.
 */
export function isPermanentRefusal(error: unknown): boolean {
  const { command, responseCode = 0 } = error as TransportError;
  return responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
}

/** Describes an error without the server's text, which often repeats the recipient's e-mail address. */
export function describeSmtpError(error: unknown): string {
  const { command, responseCode, code } = error as TransportError;
  return [code ?? (error as Error).name, command, responseCode].filter((part) => part !== undefined).join(' ');
}
