import { expect, it } from 'vitest';
import { sql } from './sql.ts';

it('makes a parameter of each value, and text of no value', () => {
  const statement = sql`/* a.find */ SELECT ${"'; DROP TABLE a; --"}, ${null} WHERE ${[1, 2]}`;
  expect(statement.compile()).toEqual({
    text: '/* a.find */ SELECT $1, $2 WHERE $3',
    parameters: ["'; DROP TABLE a; --", null, [1, 2]],
  });
});

it('numbers the parameters of nested fragments in their order', () => {
  const condition = sql`b = ${2} AND ${sql`c = ${3}`}`;
  const statement = sql`/* a.find */ SELECT ${1} WHERE ${condition} LIMIT ${4}`;
  const expected = { text: '/* a.find */ SELECT $1 WHERE b = $2 AND c = $3 LIMIT $4', parameters: [1, 2, 3, 4] };
  expect(statement.compile()).toEqual(expected);
  expect(statement.compile()).toEqual(expected);
});

it('gives each call of one template its own values', () => {
  const find = (id: number) => sql`/* a.find */ SELECT ${id}`.compile();
  expect([find(1).parameters, find(2).parameters]).toEqual([[1], [2]]);
  expect(find(1).text).toBe(find(2).text);
});

it('joins fragments', () => {
  const joined = sql.join([sql`a = ${1}`, sql`b = ${2}`], ' AND ');
  expect(sql`WHERE ${joined}`.compile()).toEqual({ text: 'WHERE a = $1 AND b = $2', parameters: [1, 2] });
  expect(sql`x${sql.join([], ', ')}y`.compile().text).toBe('xy');
});
