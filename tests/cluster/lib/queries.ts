import { dashboards } from '../../../k8s/observability/grafana/dashboards.ts';
import { alertsOf, lokiRules, prometheusRules, ruleFiles, rulesOf } from '../../observability/lib/rules.ts';

/** A node of the tree into which Prometheus parses a query. */
interface Node {
  type: string;
  name?: string;
  matchers?: { name: string }[];
  grouping?: string[];
  matching?: { labels: string[] } | null;
  [part: string]: unknown;
}

interface Query {
  where: string;
  expr: string;
}

type Ask = <T>(path: string) => Promise<T>;

/** All queries of rules and dashboard panels, with dashboard variables replaced. */
export function allQueries(namespace: string): { prometheus: Query[]; loki: Query[] } {
  const fill = (expr: string) =>
    expr.replaceAll('$namespace', namespace).replaceAll('$job', 'auth').replaceAll('$__auto', '15m');
  const panels = Object.entries(dashboards).flatMap(([name, { datasource, panels: list }]) =>
    list.flatMap(({ title, queries }) =>
      Object.values(queries).map((expr) => ({ datasource, where: `dashboard ${name}, ${title}`, expr: fill(expr) })),
    ),
  );
  const rules = rulesOf(ruleFiles(prometheusRules)).map(({ alert, record, expr }) => ({
    where: alert ?? record ?? '',
    expr,
  }));
  // without the threshold
  const logRules = alertsOf(ruleFiles(lokiRules)).map(({ alert, expr }) => ({
    where: alert,
    expr: expr.replace(/ > \d+\s*$/, ''),
  }));
  return {
    prometheus: [...rules, ...panels.filter(({ datasource }) => datasource === 'prometheus')],
    loki: [...logRules, ...panels.filter(({ datasource }) => datasource === 'loki')],
  };
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;
const children = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

/** The metrics under a node by name, and the labels that the query expects of them. */
function metrics(node: Node, expected: string[] = []): [string, string[]][] {
  const labels = [...expected, ...(node.grouping ?? []), ...(node.matching?.labels ?? [])];
  if (node.name && node.matchers) {
    return [[node.name, [...labels, ...node.matchers.map(({ name }) => name)].filter((label) => label !== '__name__')]];
  }
  return children(node).flatMap((child) => metrics(child, labels));
}

/**
 * Lists metrics and labels that queries use but Prometheus does not have.
 * @param notHere metrics that this cluster cannot have
 */
export async function unknownNames(ask: Ask, queries: Query[], notHere: RegExp): Promise<string[]> {
  const known = new Map<string, Set<string>>();
  const labelsOf = async (name: string): Promise<Set<string>> => {
    const there = known.get(name);
    if (there) {
      return there;
    }
    const match = encodeURIComponent(`{__name__="${name}"}`);
    const series = await ask<Record<string, string>[]>(`series?match[]=${match}&limit=500`);
    const labels = new Set(series.flatMap((labels) => Object.keys(labels)));
    known.set(name, labels);
    return labels;
  };
  const problems: string[] = [];
  for (const { where, expr } of queries) {
    const tree = await ask<Node>(`parse_query?query=${encodeURIComponent(expr)}`);
    for (const [name, labels] of metrics(tree)) {
      if (notHere.test(name)) {
        continue;
      }
      const has = await labelsOf(name);
      if (has.size === 0) {
        problems.push(`${where}: no metric ${name}`);
      } else {
        for (const label of new Set(labels)) {
          if (!has.has(label)) {
            problems.push(`${where}: ${name} has no label ${label}`);
          }
        }
      }
    }
  }
  return problems;
}

/** Lists queries that Loki rejects or that find no line. */
export async function withoutLines(url: string, queries: Query[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { where, expr } of queries) {
    const start = String(Date.now() - 15 * 60_000) + '000000';
    const response = await fetch(
      `${url}/loki/api/v1/query_range?step=60&start=${start}&query=${encodeURIComponent(expr)}`,
    );
    const text = await response.text();
    const { data } = (response.ok ? JSON.parse(text) : {}) as { data?: { result: unknown[] } };
    if (!data) {
      problems.push(`${where}: ${text.slice(0, 200)}`);
    } else if (data.result.length === 0) {
      problems.push(`${where}: finds no line`);
    }
  }
  return problems;
}
