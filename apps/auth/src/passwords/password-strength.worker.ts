/** A thread that judges passwords: see `PasswordStrength`. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as commonWords } from '@zxcvbn-ts/language-common';
import { dictionary as englishWords, translations } from '@zxcvbn-ts/language-en';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { niceness } from './niceness.ts';

export interface NewPassword {
  password: string;
  /** Words that it must not be built of. */
  personal: string[];
}

/** How strong a password is. */
export interface StrengthResult {
  /** zxcvbn's, 0 to 4. */
  score: number;
  /** Why, and what would help, in English. */
  advice: string;
}

/** A longer password is not weaker than its beginning, and judging takes more than linear time. */
const judgedLength = 32;
/** Readings of signs that look like letters. By zxcvbn's own 100, a password of signs takes as long as twenty hashes. */
const l33tMaxSubstitutions = 20;

// there, a thread has a priority of its own
if (process.platform === 'linux') {
  try {
    setPriority(niceness);
  } catch {
    // as with the hashes' threads, which say so
  }
}

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...commonWords, ...englishWords },
  graphs: adjacencyGraphs,
  translations,
  l33tMaxSubstitutions,
});

function judge({ password, personal }: NewPassword): StrengthResult {
  const { score, feedback } = zxcvbn.check(password.slice(0, judgedLength), personal);
  return { score, advice: [feedback.warning, ...feedback.suggestions].filter(Boolean).join(' ') };
}

parentPort?.on('message', (newPassword: NewPassword) => {
  parentPort?.postMessage(judge(newPassword));
});
