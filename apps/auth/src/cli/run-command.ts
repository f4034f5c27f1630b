import { assertDatabase, ConfigError, ProblemException } from '#common';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { z } from 'zod';
import { email as emailSchema, RegistrationService } from '../accounts/index.ts';
import { AppModule } from '../app.module.ts';
import { loadAuthConfig } from '../config.ts';
import { migrate } from '../database/index.ts';
import { ReencryptionService } from '../housekeeping/index.ts';
import { newPassword } from '../passwords/index.ts';
import { KeyRotationService } from '../signing-keys/index.ts';
import { addAccountsCommands } from './accounts.ts';
import { addApplicationsCommands } from './applications.ts';
import { MailService } from '../email/outbox/index.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs one command.
 * @param args the command line without the program's name
 * @returns the exit code: 0, 1, or 78 (`EX_CONFIG`) if the settings are not valid
 */
export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    terminal.errors.write(`${explain(error)}\n`);
    return error instanceof ConfigError ? 78 : 1;
  }
}

function createProgram(terminal: Terminal): Command {
  const print = (line: string) => terminal.output.write(`${line}\n`);
  const config = () => loadAuthConfig(terminal.environment);
  const program = new Command('auth')
    .description('Operates the auth service. Settings come from the environment.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.output.write(text), writeErr: () => undefined });

  program
    .command('migrate')
    .description('apply pending database migrations')
    .action(async () => {
      const applied = await migrate(config());
      print(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply');
    });

  program
    .command('admin')
    .description('manage admins')
    .command('create')
    .description('create an account with the admin role; reads the password from standard input')
    .requiredOption('--email <email>', 'e-mail address')
    .action(async (options: { email: string }) => {
      const email = emailSchema.parse(options.email);
      const password = newPassword.parse(await readPassword(terminal));
      const account = await withService(RegistrationService, (registration) =>
        registration.createAdmin({ email, password }),
      );
      print(`created ${account.email} (${account.id}) with the roles ${account.roles.join(', ')}`);
    });

  const keyCommands = program.command('keys').description('manage keys');
  keyCommands
    .command('rotate')
    .description('make successors of the signing keys')
    .action(async () => {
      const { kid, active_from } = await withService(KeyRotationService, (keys) => keys.rotate(null, null));
      print(`published ${kid}, which signs from ${active_from}`);
    });
  keyCommands
    .command('reencrypt')
    .description('encrypt stored values with the first of KEY_ENCRYPTION_KEYS, so that the others can be removed')
    .action(async () => {
      const counts = await withService(ReencryptionService, (reencryption) => reencryption.reencrypt());
      const parts = Object.entries(counts).map(([table, count]) => `${table} ${count}`);
      print(`re-encrypted: ${parts.join(', ')}`);
    });

  program
    .command('mails')
    .description('manage the outbox')
    .command('retry')
    .description('send mails again that the mail server refused for good, unless their link has expired')
    .action(async () => {
      const count = await withService(MailService, (mails) => mails.retryFailed());
      print(`${String(count)} mails will be sent again`);
    });

  addAccountsCommands(program, terminal, withService);
  addApplicationsCommands(program, terminal, withService);

  /** Runs a job with a provider of the application, without the HTTP server. */
  async function withService<S, T>(service: new (...args: never[]) => S, job: (service: S) => Promise<T>): Promise<T> {
    const settings = config();
    await assertDatabase(settings);
    const app = await NestFactory.createApplicationContext(AppModule.register(settings), {
      logger: false,
      abortOnError: false,
    });
    try {
      return await job(app.get<S>(service, { strict: false }));
    } finally {
      await app.close();
    }
  }

  return program;
}

/** Reads one line from a pipe, or prompts for it on a terminal without echo. */
async function readPassword({ input, errors }: Terminal): Promise<string> {
  const terminal = input.isTTY === true;
  errors.write(terminal ? 'Password: ' : '');
  const output = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input, output, terminal });
  for await (const line of lines) {
    errors.write(terminal ? '\n' : '');
    return line;
  }
  return '';
}

function explain(error: unknown): string {
  if (error instanceof ProblemException) {
    const faults = error.extras.errors?.map(({ path, message }) => `${path} ${message}`) ?? [];
    return [error.problem.title, error.extras.detail, faults.join('; ')].filter(Boolean).join(': ');
  }
  return error instanceof z.ZodError ? error.issues.map(({ message }) => message).join('; ') : (error as Error).message;
}
