import { expect, it } from 'vitest';
import { newEmail } from '../../apps/auth/test/support/client.ts';
import { startTestService, strongPassword } from '../../apps/auth/test/support/service.ts';
import { ExampleProgram } from './process.ts';

it('creates its account once, and logs in each time', async () => {
  const { url } = await startTestService();
  const environment = { AUTH_URL: url, EMAIL: newEmail(), PASSWORD: strongPassword };
  for (const run of [1, 2]) {
    const program = new ExampleProgram('node_modules/.bin/node', ['examples/typed-client/main.ts'], environment);
    expect([run, await program.exit(), program.output]).toEqual([run, 0, `${environment.EMAIL} has 1 session(s)\n`]);
  }
});
