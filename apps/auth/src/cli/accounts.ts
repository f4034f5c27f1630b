import type { Command } from 'commander';
import { once } from 'node:events';
import { email as emailSchema } from '../accounts/index.ts';
import { AccountLimitsService } from '../admin/index.ts';
import { ExportService, ImportService, type ImportProgress } from '../accounts/import-export/index.ts';
import { ProgressBar } from './progress-bar.ts';
import type { Terminal, WithService } from './terminal.ts';

/** `accounts import`, `accounts export` and `accounts lift-limits`. */
export function addAccountsCommands(program: Command, terminal: Terminal, withService: WithService): void {
  const accounts = program.command('accounts').description('import and export accounts, and lift their rate limits');

  accounts
    .command('import')
    .description('import accounts from a file of JSON lines; resumes an interrupted import of the same file')
    .argument(
      '<file>',
      'one account per line: email, password_hash, and optionally the other fields of `accounts export`',
    )
    .action((file: string) => withService(ImportService, (imports) => runImport(imports, file, terminal)));

  accounts
    .command('export')
    .description('write all accounts with their password hashes to standard output, as JSON lines')
    .action(() => withService(ExportService, (exports) => runExport(exports, terminal)));

  accounts
    .command('lift-limits')
    .description('forget failed logins, codes and passwords of an account, and the mails to it')
    .argument('<email>', 'e-mail address of the account')
    .action((email: string) => withService(AccountLimitsService, (limits) => liftLimits(limits, email, terminal)));
}

/** @throws Error if lines were rejected */
async function runImport(imports: ImportService, file: string, { output, errors }: Terminal): Promise<void> {
  const bar = new ProgressBar(errors);
  const result = await imports.importFile(file, (progress, fileBytes) => {
    bar.show(progress.bytes, fileBytes, summary(progress));
  });
  bar.end();
  output.write(`${summary(result)}\n`);
  for await (const { line, reason } of imports.refusals(result.jobId)) {
    output.write(`line ${String(line)}: ${reason}\n`);
  }
  if (result.refused > 0) {
    throw new Error(`${String(result.refused)} lines were rejected; the others were imported`);
  }
}

async function runExport(exports: ExportService, { output }: Terminal): Promise<void> {
  for await (const lines of exports.exportAccounts()) {
    if (!output.write(lines) && output.once) {
      await once(output as NodeJS.WritableStream, 'drain');
    }
  }
}

async function liftLimits(service: AccountLimitsService, email: string, { output }: Terminal): Promise<void> {
  const { account, limits } = await service.liftByEmail(emailSchema.parse(email));
  output.write(`lifted ${String(limits)} limits of ${account.email} (${account.id})\n`);
}

function summary({ lines, imported, present, refused }: ImportProgress): string {
  return `${String(lines)} lines: ${String(imported)} imported, ${String(present)} already existed, ${String(refused)} rejected`;
}
