/** What a LogQL query asks of log lines, and whether a line answers it. For clusters without Loki. */
import { parser } from '@grafana/lezer-logql';

interface Condition {
  name: string;
  operator: string;
  value: string;
}

/** The parts of a query that depend on what is logged. */
export interface LogQuery {
  /** Conditions on the stream's labels, such as `app="auth"`. */
  selector: Condition[];
  /** Labels by which lines are counted. */
  grouping: string[];
  /** Conditions on the whole line; their name is empty. */
  lineFilters: Condition[];
  /** Paths in a JSON line by the name under which the query reads them. */
  fields: Record<string, string>;
  /** Conditions on fields. */
  fieldFilters: Condition[];
}

/** A line with the labels of its stream. */
export interface LabelledLine {
  labels: Record<string, string>;
  text: string;
}

/**
 * Parses a query by Grafana's own grammar.
 * @throws Error if it is not LogQL
 */
export function parseLogQl(expr: string): LogQuery {
  const query: LogQuery = { selector: [], grouping: [], lineFilters: [], fields: {}, fieldFilters: [] };
  parser.parse(expr).iterate({
    enter({ type, node, from, to }) {
      if (type.isError) {
        throw new Error(`not LogQL near position ${from}: ${expr}`);
      }
      const part = (child: typeof node.firstChild) => (child ? expr.slice(child.from, child.to) : '');
      const condition = (): Condition => ({
        name: part(node.getChild('Identifier')),
        operator: part(node.getChild('String')?.prevSibling ?? null),
        value: unquoted(part(node.getChild('String'))),
      });
      if (type.name === 'Matcher') {
        (node.parent?.name === 'LabelFilter' ? query.fieldFilters : query.selector).push(condition());
      } else if (type.name === 'LineFilter') {
        query.lineFilters.push(condition());
      } else if (type.name === 'LabelExtractionExpression') {
        const { name, value } = condition();
        query.fields[name] = value;
      } else if (type.name === 'Grouping') {
        query.grouping.push(...(expr.slice(from, to).match(/\w+(?=\s*[,)])/g) ?? []));
      }
    },
  });
  return query;
}

const unquoted = (text: string) => (text.startsWith('`') ? text.slice(1, -1) : (JSON.parse(text) as string));

/** Whether a query finds a line: its stream, its text and its fields answer all conditions, and it has all fields that the query reads. */
export function finds(query: LogQuery, { labels, text }: LabelledLine): boolean {
  const inStream = query.selector.every((condition) => answers(labels[condition.name] ?? '', condition));
  if (!inStream || !query.lineFilters.every((condition) => answers(text, condition))) {
    return false;
  }
  const fields = Object.entries(query.fields).map(([name, path]) => [name, at(text, path)] as const);
  const values = new Map(fields);
  return (
    fields.every(([, value]) => value !== undefined) &&
    query.fieldFilters.every((condition) => answers(values.get(condition.name) ?? '', condition))
  );
}

function answers(text: string, { operator, value }: Condition): boolean {
  switch (operator) {
    case '=':
      return text === value;
    // Loki anchors patterns of labels and fields
    case '=~':
      return new RegExp(`^(?:${value})$`).test(text);
    case '|=':
      return text.includes(value);
    case '|~':
      return new RegExp(value).test(text);
    default:
      throw new Error(`the operator ${operator} is not known here`);
  }
}

function at(text: string, path: string): string | undefined {
  const value = path
    .split('.')
    .reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], JSON.parse(text));
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
}
