import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { BreachedPasswordsMetrics } from './breached-passwords.metrics.ts';

const prefixLength = 5;
/** A range is about 40 KiB; more is no range. */
const maxAnswerBytes = 1024 * 1024;
/** The rest of a SHA-1 in hexadecimal, and how often it was found; never in padding. */
const linePattern = /^([0-9A-F]{35}):(\d{1,15})$/i;

/**
 * Asks a service of the range protocol whether a password was found in a breach, by k-anonymity: 5 of 40 hexadecimal
 * digits of its SHA-1 leave this service, and the answer, padded, tells an observer nothing. A check that can't be made
 * lets the password pass.
 */
@Injectable()
export class BreachedPasswords {
  private readonly logger = new Logger(BreachedPasswords.name);

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly metrics: BreachedPasswordsMetrics,
  ) {}

  /** Whether the password is known to be breached; no if the check is off or fails, which is counted and logged. */
  async has(password: string): Promise<boolean> {
    const { BREACHED_PASSWORDS_URL: url } = this.config;
    if (url === undefined) {
      return false;
    }
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const counts = await this.range(url, digest.slice(0, prefixLength));
      // padding has the count 0
      const found = (counts.get(digest.slice(prefixLength)) ?? 0) > 0;
      this.metrics.checks.inc({ result: found ? 'found' : 'absent' });
      return found;
    } catch (error) {
      this.metrics.checks.inc({ result: 'failed' });
      this.logger.warn({ msg: 'a password was not checked for breaches', reason: reasonOf(error) });
      return false;
    }
  }

  private async range(url: string, prefix: string): Promise<Map<string, number>> {
    const response = await fetch(`${url.replace(/\/$/, '')}/${prefix}`, {
      headers: { 'add-padding': 'true', 'user-agent': 'devopslocally' },
      redirect: 'error',
      // bounds the body too
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
    if (length > maxAnswerBytes) {
      throw new Error('the answer is too long');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseLine(line: string): [suffix: string, count: number] {
  const [, suffix, count] = linePattern.exec(line) ?? [];
  if (suffix === undefined) {
    throw new Error('the answer is not a range');
  }
  return [suffix.toUpperCase(), Number(count)];
}

/** What went wrong, without the address that was asked: it tells of the password. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  const { code } = Object(cause) as { code?: string };
  return name === 'Error' ? message : (code ?? name);
}
