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
/** Sorts after every character of an e-mail address. */
const lastCharacter = '\x7f';
/** Sorts after every other character. */
const lastOfAll = '\u{10ffff}';
/** The most accounts that are found by each kind of name, in the order of the names: who looks for somebody types on. */
const maxNamed = 1000;

/** The expression of `account_email_order_idx` and of the partial indexes by role, state and verification. */
const emailOrder = sql.raw('lower(email) COLLATE "C"');
/** The expression of `account_domain_idx`. */
const domainOf = sql.raw(`lower(split_part(email, '@', 2)) COLLATE "C"`);
const hasRole = { user: sql.raw("'user' = ANY (roles)"), admin: sql.raw("'admin' = ANY (roles)") };

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
  search(filter: AccountFilter, { sort, order, limit, after }: AccountPage): Promise<FoundAccount[]> {
    const { columns, position, value } = sorts[sort];
    const conditions = conditionsOf(filter);
    if (after !== undefined) {
      conditions.push(sql`${sql.raw(`(${columns.join(', ')}) ${order === 'asc' ? '>' : '<'}`)} ${value(after)}`);
    }
    const orderBy = sql.raw(columns.map((column) => `${column} ${order}`).join(', '));
    const ids = rangesOf(filter).map(
      (range) => sql`
        SELECT id FROM account ${where([range, ...conditions])} ORDER BY ${orderBy} LIMIT ${limit}`,
    );
    const found = ids.length === 0 ? conditions : [sql`id = ANY (ARRAY((${sql.join(ids, ') UNION (')})))`];
    return queryRows<FoundAccount>(
      this.dataSource,
      sql`/* accounts.search */
        SELECT ${detailColumns}, ${position} AS position FROM account ${where(found)} ORDER BY ${orderBy} LIMIT ${limit}
        ${sql.planEachTime}`,
    );
  }

  /** Counts the accounts that a filter finds: up to 10,000 one by one, beyond that by PostgreSQL's estimate. */
  async count(filter: AccountFilter): Promise<AccountCount> {
    const conditions = conditionsOf(filter);
    const ranges = rangesOf(filter);
    // the order makes PostgreSQL read an index even if most accounts match
    const found = (ranges.length === 0 ? [sql.raw('true')] : ranges).map(
      (range) => sql`
        SELECT id FROM account ${where([range, ...conditions])} ORDER BY ${emailOrder} LIMIT ${maxCounted + 1}`,
    );
    const row = await queryRow<{ count: number }>(
      this.dataSource,
      sql`/* accounts.count */
        SELECT count(*)::int FROM ((${sql.join(found, ') UNION (')})) AS found
        ${sql.planEachTime}`,
    );
    const value = row?.count ?? 0;
    const [range] = ranges;
    return value > maxCounted
      ? { value: await this.estimate(where(range ? [range, ...conditions] : conditions), value), exact: false }
      : { value, exact: true };
  }

  private async estimate(found: Sql, least: number): Promise<number> {
    const row = await queryRow<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
      this.dataSource,
      sql`/* accounts.estimate */ EXPLAIN (FORMAT JSON) SELECT FROM account ${found} ${sql.planEachTime}`,
    );
    return Math.max(least, row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0);
  }
}

/** The condition of each range of an index in which the searched text may be: first that of e-mail addresses, then that of names. */
function rangesOf({ search }: AccountFilter): Sql[] {
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

function conditionsOf(filter: AccountFilter): Sql[] {
  const { emailPrefix, emailPart, domain, role, disabled, verified, secondFactor, createdFrom, createdUntil } = filter;
  const whether = (column: string, value: boolean) => sql.raw(`${column} IS ${value ? 'NOT NULL' : 'NULL'}`);
  return [
    emailPrefix !== undefined && sql`${emailOrder} >= ${emailPrefix}::text`,
    emailPrefix !== undefined && sql`${emailOrder} < ${emailPrefix + lastCharacter}::text`,
    emailPart !== undefined && sql`lower(email) LIKE ${`%${emailPart.replaceAll(/[\\%_]/g, '\\$&')}%`}::text`,
    domain !== undefined && sql`${domainOf} = ${domain}::text`,
    role !== undefined && hasRole[role],
    disabled !== undefined && whether('disabled_at', disabled),
    verified !== undefined && whether('email_verified_at', verified),
    secondFactor !== undefined && sql.raw(secondFactor ? 'second_factor' : 'NOT second_factor'),
    createdFrom !== undefined && sql`created_at >= ${createdFrom}::timestamptz`,
    createdUntil !== undefined && sql`created_at < ${createdUntil}::timestamptz`,
  ].filter((condition) => condition !== false);
}

const where = (conditions: Sql[]) =>
  conditions.length > 0 ? sql`WHERE ${sql.join(conditions, ' AND ')}` : sql.raw('');
