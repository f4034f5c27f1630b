import { afterAll, beforeAll, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '../../../apps/auth/test/support/client.ts';
import { startTestService } from '../../../apps/auth/test/support/service.ts';
import { installPacked } from '../../../tools/lib/packed.ts';
import { root } from '../../../tools/lib/root.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await installPacked(['guard']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('brings three packages of its own, and no framework', async () => {
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
  const names = stdout.trim().split('\n').slice(1);
  const expected = ['@devopslocally/guard', 'jose', 'lru-cache', 'zod'];
  expect(names.map((path) => path.split('node_modules/').at(-1)).sort()).toEqual(expected);
});

it('works in plain JavaScript, without a framework', async () => {
  const auth = await startTestService();
  const { accessToken } = await new Client(auth.url).newAccount();
  const program = `
    import { createGuard } from '@devopslocally/guard';
    import '@devopslocally/guard/express';
    import '@devopslocally/guard/fastify';
    const [url, issuer, audience, token] = process.argv.slice(2);
    const guard = createGuard({ issuer, audience, jwksUrl: url + '/.well-known/jwks.json' });
    const request = (authorization) => ({ method: 'GET', url: '/', headers: { authorization } });
    console.log((await guard.authorize(request('Bearer ' + token))).roles.join());
    await guard.authorize(request('Bearer ' + token), { roles: ['admin'] }).catch(({ kind }) => console.log(kind.code));
    await guard.authorize(request()).catch((rejection) => console.log(JSON.stringify(rejection.headers())));
  `;
  await writeFile(join(folder, 'program.js'), program);
  const { TOKEN_ISSUER, TOKEN_AUDIENCE } = auth.config;
  const options = ['program.js', auth.url, TOKEN_ISSUER, TOKEN_AUDIENCE, accessToken];
  const { stdout } = await run(process.execPath, options, { cwd: folder });
  expect(stdout).toBe('user\nrole_required\n{"www-authenticate":"Bearer"}\n');
});

it('has types for each framework', async () => {
  for (const name of ['express', 'fastify', '@nestjs', '@types', 'rxjs']) {
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const program = `
    import { createGuard, type Caller } from '@devopslocally/guard';
    import { callerOf, requireToken } from '@devopslocally/guard/express';
    import { requireToken as hook } from '@devopslocally/guard/fastify';
    import { GuardModule, Roles } from '@devopslocally/guard/nest';
    import express from 'express';
    import fastify from 'fastify';
    const options = { issuer: '', audience: '', jwksUrl: '' };
    const guard = createGuard(options);
    express().get('/', requireToken(guard, { roles: ['admin'] }), (request, response) => {
      const caller: Caller = callerOf(request);
      response.json(caller);
    });
    fastify().get('/', { onRequest: hook(guard) }, () => ({}));
    GuardModule.register({ useFactory: () => options });
    Roles(['admin']);
    // @ts-expect-error no such requirement
    requireToken(guard, { role: 'admin' });
  `;
  await writeFile(join(folder, 'program.ts'), program);
  const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, skipLibCheck: true };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const output = await run(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  expect(output).toBe('');
});
