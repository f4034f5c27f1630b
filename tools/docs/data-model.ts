import type { ForeignKey, Table, UniqueKey } from './tables.ts';

const introduction = `
# Data model

The tables of the auth service in PostgreSQL after all migrations. The diagram shows the key columns and the foreign keys;
the tables below it have all columns.
`;

/** The page that shows the tables and how they refer to each other. */
export function dataModelPage(tables: Table[]): string {
  const lines = [...tables.flatMap(entity), ...tables.flatMap(relations)].map((line) => `  ${line}`);
  const diagram = ['```mermaid', 'erDiagram', ...lines, '```'].join('\n');
  return [introduction, diagram, '## Tables', ...tables.map(describe)].join('\n\n');
}

function entity({ name, columns, foreignKeys, uniqueKeys }: Table): string[] {
  const attributes = columns.flatMap((column) => {
    const keys = [
      ...(uniqueKeys.some((key) => key.primary && key.columns.includes(column.name)) ? ['PK'] : []),
      ...(foreignKeys.some((key) => key.columns.includes(column.name)) ? ['FK'] : []),
      ...(uniqueKeys.some((key) => !key.primary && isUnique(key, [column.name])) ? ['UK'] : []),
    ];
    return keys.length > 0 ? [`  ${column.type.replaceAll(' ', '_')} ${column.name} ${keys.join(', ')}`] : [];
  });
  return [`${name} {`, ...attributes, '}'];
}

/** In Mermaid's notation: \`||\` is exactly one row, \`|o\` and \`o|\` at most one, \`o{\` any number. */
function relations({ name, columns, foreignKeys, uniqueKeys }: Table): string[] {
  return foreignKeys.map(({ columns: references, target }) => {
    const optional = columns.some((column) => references.includes(column.name) && column.nullable);
    const single = uniqueKeys.some((key) => isUnique(key, references));
    return `${target} ${optional ? '|o' : '||'}--${single ? 'o|' : 'o{'} ${name} : "${references.join(', ')}"`;
  });
}

const isUnique = ({ columns, condition }: UniqueKey, of: string[]) =>
  condition === null && columns.length === of.length && columns.every((column) => of.includes(column));

function describe({ name, unlogged, columns, foreignKeys, uniqueKeys }: Table): string {
  const rows = columns.map((column) => `| \`${column.name}\` | ${column.type} | ${column.nullable ? 'yes' : ''} |`);
  const keys = [...uniqueKeys.map(uniqueKey), ...foreignKeys.map(foreignKey)];
  return [
    `### ${name}`,
    ...(unlogged ? ['Unlogged: a crash of the database empties it.'] : []),
    ['| column | type | nullable |', '| --- | --- | --- |', ...rows].join('\n'),
    keys.map((key) => `- ${key}`).join('\n'),
  ].join('\n\n');
}

const uniqueKey = ({ primary, columns, condition }: UniqueKey) =>
  `${primary ? 'Primary key' : 'Unique'}: ${list(columns)}${condition === null ? '' : ` where \`${condition}\``}`;

const foreignKey = ({ columns, target, onDelete }: ForeignKey) =>
  `Foreign key: ${list(columns)} to \`${target}\`, on delete ${onDelete}`;

const list = (columns: string[]) => columns.map((column) => `\`${column}\``).join(', ');
