import { DataSource } from 'typeorm';
import { dataSourceOptions, type DatabaseConfig } from './database.module.ts';

/**
 * Connects once, for a command that a person waits for: a service would wait for a late database.
 * @throws the driver's error
 */
export async function assertDatabase(config: DatabaseConfig): Promise<void> {
  const options = dataSourceOptions(config, { applicationName: 'command', entities: [], migrations: [] });
  const dataSource = await new DataSource(options).initialize();
  await dataSource.destroy();
}
