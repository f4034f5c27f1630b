/** The thread of `PasswordStrength`. Its first message says that it has loaded, the others are results. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as commonWords } from '@zxcvbn-ts/language-common';
import { dictionary as englishWords, translations } from '@zxcvbn-ts/language-en';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { niceness } from './niceness.ts';

export interface NewPassword {
  password: string;
  /** Words that make it weak, such as the e-mail address. */
  personal: string[];
}

/** The strength of a password. */
export interface StrengthResult {
  /** zxcvbn's score, 0 to 4. */
  score: number;
  /** Why it is weak and how to improve it, in English; empty for a strong password. */
  advice: string;
}

/** Characters to check. A longer password is not weaker than its beginning, and a check takes more than linear time. */
const checkedLength = 32;
/** With zxcvbn's default of 100, a password of look-alike characters takes as long as twenty hashes. */
const l33tMaxSubstitutions = 20;

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...commonWords, ...englishWords },
  graphs: adjacencyGraphs,
  translations,
  l33tMaxSubstitutions,
});

// after the dictionaries, for which a first check waits; only on Linux does a thread have its own priority
if (process.platform === 'linux') {
  try {
    setPriority(niceness);
  } catch {
    // a sandbox may forbid it; `yieldToEventLoop` logs that
  }
}

function check({ password, personal }: NewPassword): StrengthResult {
  const { score, feedback } = zxcvbn.check(password.slice(0, checkedLength), personal);
  return { score, advice: [feedback.warning, ...feedback.suggestions].filter(Boolean).join(' ') };
}

parentPort?.on('message', (newPassword: NewPassword) => {
  parentPort?.postMessage(check(newPassword));
});
parentPort?.postMessage('loaded');
