// Runs the cases of alerts.yaml in promtool: each alert is quiet, fires and is resolved. Each has a severity, a summary and a runbook.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { root } from '../../tools/lib/root.ts';
import { CommandError, run } from '../../tools/lib/run.ts';
import { generated } from '../../k8s/observability/generate.ts';
import { alertsOf, lokiRules, prometheusRules, ruleFiles } from './lib/rules.ts';

interface Case {
  series: Record<string, string>;
  /** Minutes at which the alert's state is checked. */
  quiet?: number;
  fires: number;
  resolved?: number;
  /** Interval between samples, and between evaluations. */
  every?: string;
}

const severities = ['critical', 'warning', 'none'];
// these are never resolved
const alwaysFires = ['Watchdog'];

/** How many firing alerts promtool must find at each of a case's times. */
function expectations(alert: string, { quiet, fires, resolved }: Case) {
  const at = (minute: number | undefined, value: number) =>
    minute === undefined
      ? []
      : [
          {
            expr: `sum(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
            eval_time: `${minute}m`,
            exp_samples: [{ labels: '{}', value }],
          },
        ];
  return [...at(quiet, 0), ...at(fires, 1), ...at(resolved, 0)];
}

await drill('alert rules', async ({ table, check }) => {
  const files = ruleFiles(prometheusRules);
  const alerts = alertsOf(files);
  const logAlerts = alertsOf(ruleFiles(lokiRules));
  const cases = parse(readFileSync(join(import.meta.dirname, 'alerts.yaml'), 'utf8')) as Record<string, Case | Case[]>;
  const rows: Row[] = [];
  for (const { alert, expr, labels, annotations, for: pending = '0m' } of [...alerts, ...logAlerts]) {
    const runbook = join(root, 'docs/runbooks', `${alert}.md`);
    const text = existsSync(runbook) ? readFileSync(runbook, 'utf8') : '';
    const commands =
      /```sh\n([^`]+)```/
        .exec(text)?.[1]
        ?.split('\n')
        .filter((line) => /^[a-z]/.test(line)) ?? [];
    rows.push({
      alert,
      severity: labels?.['severity'] ?? '-',
      for: pending,
      'commands in its runbook': commands.length,
    });
    const missing = [
      !severities.includes(labels?.['severity'] ?? '') && 'severity',
      (annotations?.['summary'] ?? '').length < 10 && 'summary',
      !annotations?.['runbook_url']?.endsWith(`/docs/runbooks/${alert}.md`) && 'link',
      commands.length < 3 && 'runbook',
      // an alert for each service must not lead to the figures of auth
      /by \([^)]*\bjob\b/.test(expr) && /job=.?"auth"|name=auth\b|deployment\/auth/.test(text) && 'service',
    ].filter(Boolean);
    check(
      `${alert} has a severity, a summary, and a runbook with three commands ${missing.join()}`,
      missing.length === 0,
    );
  }
  table(rows);

  // without it, promtool evaluates groups in any order, and alerts may see their ratios one evaluation late
  const group_eval_order = files.flatMap(({ groups }) => groups.map(({ name }) => name));
  const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  const tests: string[] = [];
  try {
    for (const { alert } of alerts) {
      const list = [cases[alert] ?? []].flat();
      const complete = list.every(
        ({ quiet, resolved }) => alwaysFires.includes(alert) || (quiet !== undefined && resolved !== undefined),
      );
      check(`${alert} has cases for quiet, firing and resolved`, list.length > 0 && complete);
      list.forEach((item, index) => {
        const every = item.every ?? '30s';
        const input_series = Object.entries(item.series).map(([series, values]) => ({ series, values }));
        const test = { interval: every, input_series, promql_expr_test: expectations(alert, item) };
        const rule_files = files.map(({ path }) => path);
        const file = join(folder, `${alert}-${index}.json`);
        writeFileSync(
          file,
          JSON.stringify({ rule_files, group_eval_order, evaluation_interval: every, tests: [test] }),
        );
        tests.push(file);
      });
    }
    const result = await run('promtool', ['test', 'rules', ...tests], {
      seconds: 300,
    }).catch((error: unknown) => {
      if (error instanceof CommandError) {
        return error.output;
      }
      throw error;
    });
    // counted, because promtool may have ended at its time limit
    const confirmed = result.match(/^ *SUCCESS$/gm)?.length === tests.length;
    if (!confirmed) {
      console.log(result);
    }
    check(`promtool confirms all ${tests.length} cases`, confirmed);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const stale = Object.entries(generated())
    .filter(([path, text]) => readFileSync(join(root, 'k8s/observability', path), 'utf8') !== text)
    .map(([path]) => path);
  check(`the generated files are up to date: ${stale.join(', ') || 'all of them'}`, stale.length === 0);
  const unknown = Object.keys(cases).filter((name) => !alerts.some(({ alert }) => alert === name));
  check(`no case is left of a removed alert: ${unknown.join(', ') || 'none'}`, unknown.length === 0);
});
