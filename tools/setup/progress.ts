import { createInterface } from 'node:readline/promises';

const isTerminal = process.stdout.isTTY;
const paint = (code: number, text: string) => (isTerminal ? `\u001b[${String(code)}m${text}\u001b[0m` : text);

export const bold = (text: string): string => paint(1, text);

/** A message for whoever runs the program, without a stack. */
export class UserError extends Error {}

/**
 * Runs a step and says how long it took; on a terminal also, meanwhile, what it is at.
 * @param work gets a function that tells what it is at
 */
export async function step<T>(title: string, work: (tell: (what: string) => void) => Promise<T>): Promise<T> {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  let at = '';
  const draw = () => process.stdout.write(`\r\u001b[K${paint(33, '…')} ${title} ${paint(2, `${seconds()} ${at}`)}`);
  const timer = isTerminal ? setInterval(draw, 200) : undefined;
  const end = (mark: string, rest = '') => {
    clearInterval(timer);
    process.stdout.write(`${isTerminal ? '\r\u001b[K' : ''}${mark} ${title} ${paint(2, seconds())}${rest}\n`);
  };
  try {
    const result = await work((what) => (at = what));
    end(paint(32, 'ok'), typeof result === 'string' ? `  ${result}` : '');
    return result;
  } catch (error) {
    end(paint(31, 'FAILED'));
    throw error;
  }
}

/** Asks a yes-or-no question; YES=1 has answered it, and where nobody can be asked the answer is no. */
export async function agreed(question: string): Promise<boolean> {
  if (process.env['YES']) {
    return true;
  }
  if (!isTerminal || !process.stdin.isTTY) {
    throw new UserError(`${question} Say so by YES=1.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Runs the program; what goes wrong is told in a few lines. */
export async function main(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
