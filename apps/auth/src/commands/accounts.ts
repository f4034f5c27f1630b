import type { Command } from 'commander';
import { once } from 'node:events';
import { ExportService, ImportService, type ImportProgress } from '../accounts/import-export/index.ts';
import { ProgressBar } from './progress-bar.ts';
import type { Terminal, WithService } from './terminal.ts';

/** `accounts import` and `accounts export`. */
export function addAccountsCommands(program: Command, terminal: Terminal, withService: WithService): void {
  const accounts = program.command('accounts').description('move accounts from and to other systems');

  accounts
    .command('import')
    .description('import accounts from a file of JSON lines; one that was cut off goes on where it was')
    .argument('<file>', 'one account a line: email, password_hash, and what `accounts export` writes beside')
    .action((file: string) => withService(ImportService, (imports) => runImport(imports, file, terminal)));

  accounts
    .command('export')
    .description('write all accounts, with their password hashes, as JSON lines to standard output')
    .action(() => withService(ExportService, (exports) => runExport(exports, terminal)));
}

/** @throws Error that says how many lines were refused, if any were */
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
    throw new Error(`${String(result.refused)} lines were refused; the others are imported`);
  }
}

async function runExport(exports: ExportService, { output }: Terminal): Promise<void> {
  for await (const lines of exports.exportAccounts()) {
    if (!output.write(lines) && output.once) {
      await once(output as NodeJS.WritableStream, 'drain');
    }
  }
}

function summary({ lines, imported, present, refused }: ImportProgress): string {
  return `${String(lines)} lines: ${String(imported)} imported, ${String(present)} were there, ${String(refused)} refused`;
}
