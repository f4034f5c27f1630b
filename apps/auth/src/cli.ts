import { ConfigError, ProblemException } from '#common';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AccountsService, email as emailSchema } from './accounts/index.ts';
import { AppModule } from './app.module.ts';
import { loadAuthConfig } from './config.ts';
import { KeysService } from './keys/index.ts';
import { newPassword } from './passwords/index.ts';
import { migrate } from './schema.ts';

/** Runs a job inside the application, without its HTTP server. */
async function withApp<T>(job: (get: <S>(service: new (...args: never[]) => S) => S) => Promise<T>): Promise<T> {
  const config = { ...loadAuthConfig(process.env), LOG_LEVEL: 'error' as const };
  const app = await NestFactory.createApplicationContext(AppModule.register(config), { logger: ['error'], abortOnError: false });
  try {
    return await job((service) => app.get(service, { strict: false }));
  } finally {
    await app.close();
  }
}

/** Reads the password from a pipe, or asks for it without showing it. */
async function readPassword(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => { done(); } });
  const { isTTY } = process.stdin;
  if (isTTY) {
    process.stderr.write('Password: ');
  }
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTTY });
  try {
    const { value } = await lines[Symbol.asyncIterator]().next();
    return String(value ?? '');
  } finally {
    lines.close();
    if (isTTY) {
      process.stderr.write('\n');
    }
  }
}

const print = (line: string) => process.stdout.write(`${line}\n`);

const program = new Command('auth').description('Operates the auth service; settings come from the environment.');

program
  .command('migrate')
  .description('apply pending database migrations')
  .action(async () => {
    const applied = await migrate(loadAuthConfig(process.env));
    print(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply');
  });

program
  .command('admin')
  .description('manage administrators')
  .command('create')
  .description('create an account with the admin role; the password is read from standard input')
  .requiredOption('--email <address>', 'e-mail address')
  .action(async (options: { email: string }) => {
    const email = emailSchema.parse(options.email);
    const password = newPassword.parse(await readPassword());
    const account = await withApp((get) => get(AccountsService).createAdmin({ email, password }));
    print(`created ${account.email} (${account.id}) with the roles ${account.roles.join(', ')}`);
  });

program
  .command('keys')
  .description('manage signing keys')
  .command('rotate')
  .description('make a successor for the signing key')
  .action(async () => {
    const { kid, active_from } = await withApp((get) => get(KeysService).rotate(null, null));
    print(`published ${kid}, which signs from ${active_from}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
}

function explain(error: unknown): string {
  if (error instanceof ProblemException) {
    return [error.problem.title, error.extras.detail].filter(Boolean).join(': ');
  }
  const { issues } = error as { issues?: { message: string }[] };
  return issues ? issues.map(({ message }) => message).join('; ') : (error as Error).message;
}
