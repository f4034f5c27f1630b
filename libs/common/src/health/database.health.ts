import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isDatabaseUnavailable } from '../database/database-errors.ts';
import { databaseUnavailable } from '../database/database.metrics.ts';

/** Whether the database answers and has this program's migrations. */
@Injectable()
export class DatabaseHealth {
  private migrated = false;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws Error that says what is missing; waits no longer than the pool's and the statement's timeouts */
  async check(): Promise<void> {
    try {
      // applied migrations stay applied, so only an unmigrated database is asked again and again
      this.migrated ||= !(await this.dataSource.showMigrations());
      await this.dataSource.query('SELECT 1');
    } catch (error) {
      if (!isDatabaseUnavailable(error)) {
        throw error;
      }
      databaseUnavailable.inc();
      throw new Error('the database cannot be reached', { cause: error });
    }
    if (!this.migrated) {
      throw new Error('migrations are pending');
    }
  }
}
