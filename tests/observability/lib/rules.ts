import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../../tools/lib/root.ts';

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface RuleFile {
  path: string;
  groups: { name: string; interval?: string; rules: Rule[] }[];
}

export const prometheusRules = 'k8s/observability/prometheus/rules';
export const lokiRules = 'k8s/observability/loki/rules';

export function ruleFiles(folder: string): RuleFile[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const path = join(root, folder, name);
      return { path, ...(parse(readFileSync(path, 'utf8')) as Omit<RuleFile, 'path'>) };
    });
}

export const rulesOf = (files: RuleFile[]): Rule[] =>
  files.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules));

export const alertsOf = (files: RuleFile[]): (Rule & { alert: string })[] =>
  rulesOf(files).filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
