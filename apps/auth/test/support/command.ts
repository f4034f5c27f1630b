import { Readable } from 'node:stream';
import { runCommand } from '../../src/cli/run-command.ts';
import { testEnvironment } from './service.ts';

/** Runs a command on a database, and returns its exit code and what it writes to both streams. */
export async function command(databaseUrl: string, args: string[], isTTY = false, environment = {}) {
  const written = { output: '', errors: '' };
  const to = (stream: keyof typeof written) => ({
    isTTY,
    write(text: string | Uint8Array) {
      written[stream] += String(text);
      return true;
    },
  });
  const code = await runCommand(args, {
    environment: testEnvironment({ DATABASE_URL: databaseUrl, ...environment }),
    input: Readable.from(['']) as never,
    output: to('output'),
    errors: to('errors'),
  });
  return { code, ...written };
}
