import { expect } from 'vitest';
import { command } from '../../apps/auth/test/support/command.ts';
import type { TestService } from '../../apps/auth/test/support/service.ts';

/**
 * Registers an application as its guide says.
 * @returns its secret, which is empty if its kind has none
 */
export async function createApplication({ databaseUrl }: TestService, args: string[]): Promise<string> {
  const { code, output } = await command(databaseUrl, ['applications', 'create', ...args]);
  expect(code).toBe(0);
  return /client_secret (\S+)/.exec(output)?.[1] ?? '';
}
