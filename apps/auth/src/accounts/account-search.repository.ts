import { positionOf, positionValue, queryRow, queryRows, sql, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Role } from './account.entity.ts';
import { detailColumns, type AccountDetails } from './account.ts';

/** Which accounts to find. All texts are in lower case. */
interface AccountFilter {
  /** The beginning of the e-mail address, of the name or of the family name, in any case. */
  search?: string | undefined;
  emailPrefix?: string | undefined;
  /** A part of the e-mail address, of at least three characters. */
  emailPart?: string | undefined;
  /** What follows the `@`. */
  domain?: string | undefined;
  role?: Role | undefined;
  disabled?: boolean | undefined;
  verified?: boolean | undefined;
  secondFactor?: boolean | undefined;
  /** RFC 3339, inclusive. */
  createdFrom?: string | undefined;
  /** RFC 3339, exclusive. */
  createdUntil?: string | undefined;
}

/** Which page of the found accounts to list. */
export interface AccountPage {
  sort: 'email' | 'created_at';
  order: 'asc' | 'desc';
  limit: number;
  /** The position of the last account of the previous page. */
  after?: string | undefined;
}

/** An account with its position in the order of a search. */
export type FoundAccount = AccountDetails & { position: string };

/** How many accounts a filter finds. */
export interface AccountCount {
  value: number;
  /** Whether the value is no estimate. */
  exact: boolean;
}

/** The most accounts that are counted one by one. */
const maxCounted = 10_000;
/** The most accounts with a part in their e-mail addresses that are read before they are ordered, by PostgreSQL's estimate. */
const maxWithPart = 50_000;
/** Sorts after every character of an e-mail address. */
const lastCharacter = '\x7f';
/** Sorts after every other character. */
const lastOfAll = '\u{10ffff}';
/** The most accounts that are found by each kind of name, in the order of the names: who looks for somebody types on. */
const maxNamed = 1000;

/** The expression of `account_email_order_idx` and `account_admin_idx`. */
const emailOrder = sql.raw('lower(email) COLLATE "C"');
/** The expression of `account_domain_idx`. */
const domainOf = sql.raw(`lower(split_part(email, '@', 2)) COLLATE "C"`);
/** The expression of `account_state_email_idx` and `account_state_created_at_idx`, from 0 to 15. */
const stateOf = sql.raw(`(
  ('admin' = ANY (roles))::int * 8 + (disabled_at IS NOT NULL)::int * 4 + (email_verified_at IS NOT NULL)::int * 2 + second_factor::int
)`);
const allStates = Array.from({ length: 16 }, (_, state) => state);

/** The columns of each order, an account's position in it as text, and the position as a value to compare with. */
const sorts: Record<AccountPage['sort'], { columns: string[]; position: Sql; value: (position: string) => Sql }> = {
  email: {
    columns: ['lower(email) COLLATE "C"'],
    position: sql.raw('lower(email)'),
    value: (text) => sql`(${text}::text)`,
  },
  created_at: {
    columns: ['created_at', 'id'],
    position: positionOf('created_at', 'id'),
    value: positionValue,
  },
};

/**
 * The table `account`: what admins search. Each filter and each order has an index; PostgreSQL chooses between them by the values,
 * so these statements are planned each time.
 */
@Injectable()
export class AccountSearchRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** One page of the accounts that a filter finds. */
  async search(filter: AccountFilter, { sort, order, limit, after }: AccountPage): Promise<FoundAccount[]> {
    const { columns, position, value } = sorts[sort];
    const { source, ranges, conditions } = await this.plan(filter);
    if (after !== undefined) {
      conditions.push(sql`${sql.raw(`(${columns.join(', ')}) ${order === 'asc' ? '>' : '<'}`)} ${value(after)}`);
    }
    const orderBy = sql.raw(columns.map((column) => `${column} ${order}`).join(', '));
    const ids = ranges
      .flat()
      .map((range) => sql`SELECT id FROM account ${where([range, ...conditions])} ORDER BY ${orderBy} LIMIT ${limit}`);
    const found = ids.length === 0 ? conditions : [sql`id = ANY (ARRAY((${sql.join(ids, ') UNION (')})))`];
    return queryRows<FoundAccount>(
      this.dataSource,
      sql`/* accounts.search */
        SELECT ${detailColumns}, ${position} AS position FROM ${source} ${where(found)} ORDER BY ${orderBy} LIMIT ${limit}
        ${sql.planEachTime}`,
    );
  }

  /** Counts the accounts that a filter finds: up to 10,000 one by one, beyond that by PostgreSQL's estimate. */
  async count(filter: AccountFilter): Promise<AccountCount> {
    const { source, ranges, conditions } = await this.plan(filter);
    const limit = maxCounted + 1;
    const found = (ranges.length === 0 ? [[sql.raw('true')]] : ranges).map((parts) => {
      // the order makes PostgreSQL read an index even if most accounts match
      const ids = parts.map(
        (part) => sql`SELECT id FROM ${source} ${where([part, ...conditions])} ORDER BY ${emailOrder} LIMIT ${limit}`,
      );
      return sql`SELECT id FROM ((${sql.join(ids, ') UNION ALL (')})) AS part LIMIT ${limit}`;
    });
    const row = await queryRow<{ count: number }>(
      this.dataSource,
      sql`/* accounts.count */
        SELECT count(*)::int FROM ((${sql.join(found, ') UNION (')})) AS found
        ${sql.planEachTime}`,
    );
    const value = row?.count ?? 0;
    return value > maxCounted
      ? { value: Math.max(value, await this.estimate(allOf(filter))), exact: false }
      : { value, exact: true };
  }

  /** What to read for a filter, in which ranges of indexes, and under which conditions. */
  private async plan(filter: AccountFilter): Promise<{ source: Sql; ranges: Sql[][]; conditions: Sql[] }> {
    const { emailPart, ...others } = filter;
    const part = emailPart === undefined ? [] : [hasPart(emailPart)];
    if (emailPart === undefined || others.search !== undefined || !(await this.isSelective(part, allOf(others)))) {
      return { source: sql.raw('account'), ranges: rangesOf(others), conditions: [...conditionsOf(others), ...part] };
    }
    // PostgreSQL expects them anywhere in the order; if all are at its end, it would read the accounts before them too
    const source = sql`(SELECT * FROM account ${where(part)} OFFSET 0) AS account`;
    return { source, ranges: [], conditions: allOf(others) };
  }

  /** Whether few accounts meet a condition, and fewer than meet the others. */
  private async isSelective(condition: Sql[], others: Sql[]): Promise<boolean> {
    const count = await this.estimate(condition);
    return count <= maxWithPart && count < (await this.estimate(others));
  }

  /** How many accounts meet all conditions, as PostgreSQL expects by its statistics. */
  private async estimate(conditions: Sql[]): Promise<number> {
    const row = await queryRow<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
      this.dataSource,
      sql`/* accounts.estimate */ EXPLAIN (FORMAT JSON) SELECT FROM account ${where(conditions)} ${sql.planEachTime}`,
    );
    return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  }
}

/**
 * The ranges of indexes in which the accounts are, if the filter has a text or states: a list of disjoint ones for e-mail addresses, and a
 * list for names. A combination of states is a range of its own, so that one which nobody has costs nothing.
 */
function rangesOf(filter: AccountFilter): Sql[][] {
  const texts = textRangesOf(filter);
  const states = statesOf(filter);
  if (states === undefined) {
    return texts.map((text) => [text]);
  }
  const each = states.map((state) => sql`${stateOf} = ${state}`);
  const [byEmail, byName] = texts;
  return byEmail && byName
    ? [each.map((state) => sql`${byEmail} AND ${state}`), [sql`${byName} AND ${isOneOf(states)}`]]
    : [each];
}

const isOneOf = (states: number[]) => sql`${stateOf} = ANY (${states}::int[])`;

/** The combinations of states that a filter finds; undefined if it names none. */
function statesOf({ role, disabled, verified, secondFactor }: AccountFilter): number[] | undefined {
  const wanted = [role === 'admin' ? true : undefined, disabled, verified, secondFactor];
  return wanted.every((one) => one === undefined)
    ? undefined
    : allStates.filter((state) =>
        wanted.every((one, index) => one === undefined || one === ((state & (8 >> index)) !== 0)),
      );
}

/** The condition of each range of an index in which the searched text may be: first that of e-mail addresses, then that of names. */
function textRangesOf({ search }: AccountFilter): Sql[] {
  if (search === undefined) {
    return [];
  }
  const named = ['name', 'family_name'].map((column) => {
    const order = sql.raw(`lower(${column}) COLLATE "C"`);
    return sql`(SELECT id FROM account
      WHERE ${order} >= lower(${search}) AND ${order} < lower(${search}) || ${lastOfAll}::text ORDER BY ${order} LIMIT ${maxNamed})`;
  });
  return [
    sql`${emailOrder} >= lower(${search}) AND ${emailOrder} < lower(${search}) || ${lastOfAll}::text`,
    sql`id = ANY (ARRAY(${sql.join(named, ' UNION ALL ')}))`,
  ];
}

const hasPart = (emailPart: string) => sql`lower(email) LIKE ${`%${emailPart.replaceAll(/[\\%_]/g, '\\$&')}%`}::text`;

/** The whole filter as conditions. */
function allOf(filter: AccountFilter): Sql[] {
  const texts = textRangesOf(filter);
  const states = statesOf(filter);
  return [
    ...(texts.length > 0 ? [sql`(${sql.join(texts, ' OR ')})`] : []),
    ...(states ? [isOneOf(states)] : []),
    ...(filter.emailPart === undefined ? [] : [hasPart(filter.emailPart)]),
    ...conditionsOf(filter),
  ];
}

/** The conditions that are no range of an index, besides the part of the e-mail address. */
function conditionsOf(filter: AccountFilter): Sql[] {
  const { emailPrefix, domain, role, createdFrom, createdUntil } = filter;
  return [
    emailPrefix !== undefined && sql`${emailOrder} >= ${emailPrefix}::text`,
    emailPrefix !== undefined && sql`${emailOrder} < ${emailPrefix + lastCharacter}::text`,
    domain !== undefined && sql`${domainOf} = ${domain}::text`,
    role === 'user' && sql.raw("'user' = ANY (roles)"),
    createdFrom !== undefined && sql`created_at >= ${createdFrom}::timestamptz`,
    createdUntil !== undefined && sql`created_at < ${createdUntil}::timestamptz`,
  ].filter((condition) => condition !== false);
}

const where = (conditions: Sql[]) =>
  conditions.length > 0 ? sql`WHERE ${sql.join(conditions, ' AND ')}` : sql.raw('');
