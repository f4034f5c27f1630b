import type { TestService } from '../../apps/auth/test/support/service.ts';
import { installPython, pythonOf, start, succeed } from './process.ts';

/** A service of notes: how it is made ready, and the command that starts it. */
interface NotesService {
  name: string;
  prepare: () => Promise<void>;
  command: [program: string, script: string];
}

export const nest: NotesService = {
  name: 'nest-service',
  prepare: () => succeed('npx', ['tsc', '-p', 'examples/nest-service/tsconfig.app.json']),
  command: [process.execPath, 'dist/examples/nest-service/main.js'],
};

export const python: NotesService = {
  name: 'python-service',
  prepare: () => installPython('python-service'),
  command: [pythonOf('python-service'), 'examples/python-service/service.py'],
};

/**
 * Starts a service of notes that accepts the tokens of an auth service.
 * @returns its URL
 */
export function startNotes(
  { command: [program, script] }: NotesService,
  { url, config: { TOKEN_ISSUER, TOKEN_AUDIENCE } }: Pick<TestService, 'config' | 'url'>,
): Promise<string> {
  const settings = { HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'silent' };
  return start(program, [script], { ...settings, TOKEN_ISSUER, TOKEN_AUDIENCE, AUTH_URL: url });
}
