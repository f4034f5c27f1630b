import { columnsOf, execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ServiceAccount } from './service-account.entity.ts';

const columns = columnsOf(ServiceAccount);

/** The table `service_account`. */
@Injectable()
export class ServiceAccountsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async insert(
    manager: EntityManager,
    { id, name, scopes }: Omit<ServiceAccount, 'createdAt'>,
  ): Promise<ServiceAccount> {
    const row = await queryRow<ServiceAccount>(
      manager,
      sql`/* service-accounts.insert */
        INSERT INTO service_account (id, name, scopes) VALUES (${id}, ${name}, ${scopes}) RETURNING ${columns}`,
    );
    return row as ServiceAccount;
  }

  /** The service accounts by name. */
  async list(limit: number): Promise<ServiceAccount[]> {
    return queryRows<ServiceAccount>(
      this.dataSource,
      sql`/* service-accounts.list */ SELECT ${columns} FROM service_account ORDER BY name LIMIT ${limit}`,
    );
  }

  async find(on: Queryable, id: string): Promise<ServiceAccount | undefined> {
    return queryRow<ServiceAccount>(
      on,
      sql`/* service-accounts.find */ SELECT ${columns} FROM service_account WHERE id = ${id}`,
    );
  }

  /** Finds a service account and locks it until the transaction ends; keys can be created meanwhile. */
  async lock(manager: EntityManager, id: string): Promise<ServiceAccount | undefined> {
    return queryRow<ServiceAccount>(
      manager,
      sql`/* service-accounts.lock */ SELECT ${columns} FROM service_account WHERE id = ${id} FOR NO KEY UPDATE`,
    );
  }

  /** @throws QueryFailedError of the constraint `service_account_name_key` if another one has the name */
  async update(manager: EntityManager, { id, name, scopes }: Omit<ServiceAccount, 'createdAt'>): Promise<void> {
    await execute(
      manager,
      sql`/* service-accounts.update */ UPDATE service_account SET name = ${name}, scopes = ${scopes} WHERE id = ${id}`,
    );
  }

  /** @returns false if there is no such service account */
  async delete(manager: EntityManager, id: string): Promise<boolean> {
    const deleted = await execute(
      manager,
      sql`/* service-accounts.delete */ DELETE FROM service_account WHERE id = ${id}`,
    );
    return deleted > 0;
  }
}
