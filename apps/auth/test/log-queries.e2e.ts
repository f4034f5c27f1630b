import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { finds, type LabelledLine, parseLogQl } from '../../../tests/observability/lib/logql.ts';
import { allQueries } from '../../../tests/cluster/lib/queries.ts';
import { Client } from './support/client.ts';
import { Program } from './support/program.ts';
import { copyDatabase, testEnvironment } from './support/service.ts';

const namespace = 'devopslocally-dev';
const queries = allQueries(namespace).loki;
const root = join(import.meta.dirname, '../../..');

let program: Program;
let lines: LabelledLine[];

/** Lines of the service: requests, rejected logins and an internal error. */
beforeAll(async () => {
  const DATABASE_URL = await copyDatabase();
  program = new Program(testEnvironment({ DATABASE_URL, LOG_LEVEL: 'info' }));
  const client = new Client(await program.url());
  const { email, refreshToken } = await client.newAccount();
  await client.login(email, 'guess-which-password-this-is');
  const database = new pg.Client(DATABASE_URL);
  await database.connect();
  await database.query('ALTER TABLE session RENAME TO lost');
  await database.end();
  expect((await client.refresh(refreshToken)).status).toBe(500);
  program.child.kill('SIGTERM');
  await program.exit();
  const labels = { namespace, app: 'auth', pod: 'auth-0', container: 'auth' };
  lines = program.lines().map((line) => ({
    labels: { ...labels, level: String(line['level']) },
    text: JSON.stringify(line),
  }));
});
afterAll(() => {
  program.child.kill('SIGKILL');
});

it.each(queries)('$where asks for labels that the log collector sets', ({ expr }) => {
  const collector = readFileSync(join(root, 'k8s/observability/alloy/config.alloy'), 'utf8');
  const [, fromLines = ''] = /stage\.labels \{\s*values = \{([^}]*)\}/.exec(collector) ?? [];
  const labels = [...collector.matchAll(/target_label\s*= "(\w+)"/g), ...fromLines.matchAll(/(\w+) =/g)].map(
    ([, name]) => name,
  );
  expect(labels).toEqual(['namespace', 'pod', 'container', 'app', 'level']);
  const { selector, grouping, fields } = parseLogQl(expr);
  expect([...labels, ...Object.keys(fields)]).toEqual(
    expect.arrayContaining([...selector.map(({ name }) => name), ...grouping]),
  );
});

it.each(queries.filter(({ expr }) => !expr.includes('app="postgres"')))(
  '$where finds a line of the service',
  ({ expr }) => {
    expect(lines.filter((line) => finds(parseLogQl(expr), line))).not.toEqual([]);
  },
);

it('finds no line by another path, status or text, and accepts no query that is not LogQL', () => {
  const query = (filters: string) => parseLogQl(`{app="auth"} ${filters}`);
  const json = '| json path="req.path", status="res.status"';
  const found = [
    query(`|= "/auth/login" ${json} | path="/auth/login" | status=~"401|429"`),
    query(`${json} | path="/auth/logins"`),
    query(`${json} | status=~"40"`),
    query('| json path="request.path"'),
    query('|= "no such text"'),
    parseLogQl('{app="other"}'),
  ].map((parsed) => lines.some((line) => finds(parsed, line)));
  expect(found).toEqual([true, false, false, false, false, false]);
  expect(() => parseLogQl('{app="auth"} |= "text" [')).toThrow('not LogQL');
});
