// Generates the dashboards from grafana/dashboards.ts and the operator's rules from prometheus/rules.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { dashboardJson, dashboards } from './grafana/dashboards.ts';

/** The generated files by path, relative to this folder. */
export function generated(): Record<string, string> {
  const folder = join(import.meta.dirname, 'prometheus/rules');
  const groups = readdirSync(folder)
    .sort()
    .flatMap((file) => (parse(readFileSync(join(folder, file), 'utf8')) as { groups: object[] }).groups);
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'devopslocally' },
    spec: { groups },
  };
  return {
    'prometheus-operator/prometheus-rule.yaml': `# generated from ../prometheus/rules\n${stringify(rule, { lineWidth: 0 })}`,
    ...Object.fromEntries(
      Object.entries(dashboards).map(([name, dashboard]) => [
        `grafana/dashboards/${name}.json`,
        dashboardJson(name, dashboard),
      ]),
    ),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generated())) {
    writeFileSync(join(import.meta.dirname, path), text);
  }
}
