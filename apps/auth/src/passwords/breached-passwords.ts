import { counter } from '#common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';

const prefixLength = 5;
/** A range has about 40 KiB. */
const maxResponseBytes = 1024 * 1024;
/** The suffix of a SHA-1 in hexadecimal, and how many breaches contain it; 0 for padding. */
const linePattern = /^([0-9A-F]{35}):(\d{1,15})$/i;

const checks = counter({
  name: 'auth_breached_password_checks_total',
  help: 'Breach checks of passwords by result; after a `failed` check the password is accepted',
  labels: { result: ['found', 'absent', 'failed'] },
});

/**
 * Asks a service with the range protocol of Pwned Passwords whether a password is breached. Only 5 of the 40 hexadecimal
 * digits of its SHA-1 leave this service (k-anonymity), and padding hides the size of the response. If the check fails, the
 * password is accepted.
 */
@Injectable()
export class BreachedPasswords {
  private readonly logger = new Logger(BreachedPasswords.name);

  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  /** Whether a password is breached; false if the check is off or fails. Failures are counted and logged. */
  async has(password: string): Promise<boolean> {
    const { BREACHED_PASSWORDS_URL: url } = this.config;
    if (url === undefined) {
      return false;
    }
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const counts = await this.range(url, digest.slice(0, prefixLength));
      const found = (counts.get(digest.slice(prefixLength)) ?? 0) > 0;
      checks.inc({ result: found ? 'found' : 'absent' });
      return found;
    } catch (error) {
      checks.inc({ result: 'failed' });
      this.logger.warn({ msg: 'breach check of a password failed', reason: reasonOf(error) });
      return false;
    }
  }

  private async range(url: string, prefix: string): Promise<Map<string, number>> {
    const response = await fetch(`${url.replace(/\/$/, '')}/${prefix}`, {
      headers: { 'add-padding': 'true', 'user-agent': 'devopslocally' },
      redirect: 'error',
      // also bounds reading the body
      signal: AbortSignal.timeout(this.config.BREACHED_PASSWORDS_TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`status ${String(response.status)}`);
    }
    const lines = (await readText(response)).split(/\r?\n/).filter((line) => line !== '');
    return new Map(lines.map(parseLine));
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxResponseBytes) {
      throw new Error('the response is too long');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseLine(line: string): [suffix: string, count: number] {
  const [, suffix, count] = linePattern.exec(line) ?? [];
  if (suffix === undefined) {
    throw new Error('the response is not a range');
  }
  return [suffix.toUpperCase(), Number(count)];
}

/** The reason without the URL, which contains a part of the password's hash. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  const { code } = Object(cause) as { code?: string };
  return name === 'Error' ? message : (code ?? name);
}
