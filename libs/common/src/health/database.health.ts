import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isDatabaseUnavailable } from '../database/database-errors.ts';
import { databaseUnavailable } from '../database/database.metrics.ts';

/** Checks that the database responds and that all migrations are applied. */
@Injectable()
export class DatabaseHealth {
  private migrated = false;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The connection and statement timeouts bound the wait.
   * @throws Error with the reason
   */
  async check(): Promise<void> {
    try {
      // applied migrations stay applied, so the result is cached once it is positive
      this.migrated ||= !(await this.dataSource.showMigrations());
      await this.dataSource.query('SELECT 1');
    } catch (error) {
      if (!isDatabaseUnavailable(error)) {
        throw error;
      }
      databaseUnavailable.inc();
      throw new Error('the database is unavailable', { cause: error });
    }
    if (!this.migrated) {
      throw new Error('migrations are pending');
    }
  }
}
