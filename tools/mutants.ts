/**
 * `make mutants`: removes each permission check of a route (`@Roles()`, `@Scopes()`, `@RequireRecentLogin()`, `@RequireMfa()`) in a copy of the
 * project, one per controller at a time, and runs the test of permissions. Exits with 1 if it did not notice one of them.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyRepository } from './lib/copy-repository.ts';
import { root } from './lib/root.ts';

const copy = join(root, '.cache', 'mutants');
const check = /^ *@(?:Roles|Scopes|RequireRecentLogin|RequireMfa)\(/;
/** The service refuses as the guard does, and reads nothing before, so no answer tells them apart. */
const refusedAlike = ["@Roles(['admin']) POST /auth/keys/rotate"];
const timeoutMs = 10 * 60_000;

/** A check of one route, or of all routes of a controller. */
interface Check {
  file: string;
  /** Its place in the file, from 0. */
  line: number;
  text: string;
  /** `GET /auth/me`, as the API document names them. */
  routes: string[];
}

/** The routes that the decorators from a line on belong to: those of a controller if its class follows, else one. */
function routesOf(lines: string[], line: number): string[] {
  const controller = lines.map((text) => /^@Controller\((?:'(.*)')?\)/.exec(text)).find((match) => match !== null);
  const handlers = lines.flatMap((text, at) => {
    const [, method = '', path = ''] = /^ {2}@(Get|Post|Put|Patch|Delete)\((?:'(.*)')?\)/.exec(text) ?? [];
    const whole = ['', controller?.[1], path].filter((part) => part !== undefined).join('/');
    const route = `${method.toUpperCase()} ${whole.replace(/\/+$/, '').replaceAll(/:(\w+)/g, '{$1}')}`;
    return method === '' ? [] : [{ at, route }];
  });
  if (lines[line]?.startsWith('@')) {
    return handlers.map(({ route }) => route);
  }
  return handlers
    .filter(({ at }) => at < line)
    .map(({ route }) => route)
    .slice(-1);
}

const source = (file: string) => readFileSync(join(root, file), 'utf8').split('\n');
const checks: Check[] = globSync('apps/**/*.controller.ts', { cwd: root }).flatMap((file) => {
  const lines = source(file);
  return lines.flatMap((text, line) =>
    check.test(text) ? [{ file, line, text: text.trim(), routes: routesOf(lines, line) }] : [],
  );
});
const batches: Check[][] = [];
for (const one of checks) {
  const batch = batches.find((others) => others.every(({ file }) => file !== one.file));
  if (batch) {
    batch.push(one);
  } else {
    batches.push([one]);
  }
}

rmSync(copy, { recursive: true, force: true });
await copyRepository(copy);
for (const name of ['node_modules', 'dist']) {
  symlinkSync(join(root, name), join(copy, name));
}

/** Whether the test of permissions passes, and what it prints about routes whose callers are others than permissions.txt says. */
function runTest(): { passed: boolean; differences: string[] } {
  const { stdout, stderr, status } = spawnSync('npm', ['test', '--ignore-scripts', '--', 'permissions.e2e'], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    timeout: timeoutMs,
    maxBuffer: 64 * 2 ** 20,
  });
  const output = stdout + stderr;
  if (!/^ *Tests .*\([1-9]\d*\)$/m.test(output)) {
    throw new Error(`the test did not run (exit code ${String(status)}):\n${output.slice(-3000)}`);
  }
  return { passed: status === 0, differences: output.split('\n').filter((line) => /^ *[+-] +"/.test(line)) };
}

const before = runTest();
if (!before.passed) {
  throw new Error(`the test fails without a change:\n${before.differences.join('\n')}`);
}
const survivors: Check[] = [];
for (const [number, batch] of batches.entries()) {
  for (const { file, line } of batch) {
    const lines = source(file);
    lines[line] = '';
    writeFileSync(join(copy, file), lines.join('\n'));
  }
  const { differences } = runTest();
  const isNoticed = ({ text, routes }: Check) =>
    routes.length > 0 &&
    routes.every(
      (route) =>
        refusedAlike.includes(`${text} ${route}`) ||
        differences.some((line) => [' ', ',', ':'].some((after) => line.includes(`"${route}${after}`))),
    );
  survivors.push(...batch.filter((one) => !isNoticed(one)));
  console.log(`${String(number + 1)} of ${String(batches.length)}: ${String(batch.length)} checks removed`);
  for (const { file } of batch) {
    cpSync(join(root, file), join(copy, file));
  }
}
for (const { file, line, text, routes } of survivors) {
  console.error(`not noticed: ${file}:${String(line + 1)} ${text} (${routes.join(', ') || 'no route'})`);
}
console.log(
  `${String(checks.length - survivors.length)} of ${String(checks.length)} removed permission checks noticed`,
);
process.exitCode = survivors.length > 0 ? 1 : 0;
