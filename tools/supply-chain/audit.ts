/**
 * `make audit`: checks the locked packages against the registry's advisories. Fails on high and critical ones, unless
 * audit-exceptions.json has an exception with a reason and a date that has not passed. Exits with 2 if the registry returns no
 * advisories.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const exceptionsSchema = z.array(
  z.strictObject({
    /** GHSA-xxxx-xxxx-xxxx */
    advisory: z.string().regex(/^GHSA(-[0-9a-z]{4}){3}$/),
    reason: z.string().min(10),
    /** Last day of the exception. */
    until: z.iso.date(),
  }),
);

const advisory = z.object({ title: z.string(), url: z.url(), severity: z.string() });
const reportSchema = z.object({
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), advisory])) })),
});

const exceptions = exceptionsSchema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, 'audit-exceptions.json'), 'utf8')),
);
const today = new Date().toISOString().slice(0, 10);
const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', timeout: 120_000 });
const report = reportSchema.safeParse(JSON.parse(stdout || '{}'));
if (!report.success) {
  console.error(`the registry returned no advisories:\n${stderr.trim()}`);
  process.exit(2);
}

const found = new Map<string, string>();
for (const [name, { via }] of Object.entries(report.data.vulnerabilities)) {
  for (const entry of via) {
    if (typeof entry === 'string' || !['high', 'critical'].includes(entry.severity)) {
      continue;
    }
    found.set(entry.url.split('/').at(-1) ?? entry.url, `${entry.severity}: ${name}: ${entry.title}`);
  }
}
const problems: string[] = [];
for (const [id, what] of found) {
  const exception = exceptions.find((item) => item.advisory === id);
  if (!exception) {
    problems.push(`${id} ${what}`);
  } else if (exception.until < today) {
    problems.push(`${id} ${what} (excepted until ${exception.until})`);
  } else {
    console.log(`excepted until ${exception.until}: ${id} ${what}: ${exception.reason}`);
  }
}
for (const { advisory: id } of exceptions) {
  if (!found.has(id)) {
    problems.push(`${id} has an exception, but is no longer reported`);
  }
}
for (const problem of problems) {
  console.error(`FAIL ${problem}`);
}
console.log(`${found.size} high or critical advisories, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
