import { createInterface } from 'node:readline/promises';

const isTerminal = process.stdout.isTTY;
const paint = (code: number, text: string) => (isTerminal ? `\u001b[${String(code)}m${text}\u001b[0m` : text);

export const bold = (text: string): string => paint(1, text);

/** An error that is printed without a stack trace. */
export class UserError extends Error {}

/**
 * Runs a step and prints its duration. On a terminal, also prints its progress.
 * @param work receives a function that reports progress
 */
export async function step<T>(title: string, work: (report: (progress: string) => void) => Promise<T>): Promise<T> {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  let progress = '';
  const draw = () =>
    process.stdout.write(`\r\u001b[K${paint(33, '…')} ${title} ${paint(2, `${seconds()} ${progress}`)}`);
  const timer = isTerminal ? setInterval(draw, 200) : undefined;
  const end = (mark: string, rest = '') => {
    clearInterval(timer);
    process.stdout.write(`${isTerminal ? '\r\u001b[K' : ''}${mark} ${title} ${paint(2, seconds())}${rest}\n`);
  };
  try {
    const result = await work((text) => (progress = text));
    end(paint(32, 'ok'), typeof result === 'string' ? `  ${result}` : '');
    return result;
  } catch (error) {
    end(paint(31, 'FAILED'));
    throw error;
  }
}

/**
 * Asks a yes-or-no question. YES=1 answers yes.
 * @throws UserError if there is no terminal to ask on
 */
export async function confirm(question: string): Promise<boolean> {
  if (process.env['YES']) {
    return true;
  }
  if (!isTerminal || !process.stdin.isTTY) {
    throw new UserError(`${question} Set YES=1 to answer yes.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Runs a program. Prints the message of an error and exits with 1. */
export async function main(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
