import { Global, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { CommonConfig } from '../config/common-settings.ts';
import { PooledDataSource } from './pooled-data-source.ts';
import { preparingDriver } from './prepared-statements.ts';
import { DatabaseMetrics } from './database.metrics.ts';

/** The settings of a database. */
export type DatabaseConfig = Pick<
  CommonConfig,
  | 'DATABASE_URL'
  | 'DATABASE_PORT'
  | 'DATABASE_POOL_MAX'
  | 'DATABASE_CONNECT_TIMEOUT_MS'
  | 'DATABASE_STATEMENT_TIMEOUT_MS'
  | 'DATABASE_LOCK_TIMEOUT_MS'
>;

/** The service-specific part of the data source options. */
export interface DatabaseSchema {
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  entities: NonNullable<DataSourceOptions['entities']>;
  migrations: NonNullable<DataSourceOptions['migrations']>;
}

/** The URL with the other port, if there is one: the driver takes a parameter before all else. */
const urlOf = ({ DATABASE_URL: url, DATABASE_PORT: port }: DatabaseConfig): string =>
  port === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}port=${String(port)}`;

/** Builds TypeORM's options. The pool size and every wait are bounded. */
export function dataSourceOptions(config: DatabaseConfig, schema: DatabaseSchema): DataSourceOptions {
  return {
    type: 'postgres',
    driver: preparingDriver,
    url: urlOf(config),
    applicationName: schema.applicationName,
    entities: schema.entities,
    migrations: schema.migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    poolSize: config.DATABASE_POOL_MAX,
    connectTimeoutMS: config.DATABASE_CONNECT_TIMEOUT_MS,
    extra: {
      statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
      lock_timeout: config.DATABASE_LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: 2 * config.DATABASE_STATEMENT_TIMEOUT_MS,
      // client-side timeout, for a server or network that no longer responds
      query_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS + 1000,
      keepAlive: true,
    },
  };
}

/** How long a start waits for a database that refuses connections. */
const maxConnectMs = 5 * 60_000;

/** Milliseconds between attempts to connect at the start, which differ so that many replicas don't come at the same moment. */
export const connectRetryMs = (): number => 500 + Math.random() * 1000;

/**
 * Provides TypeORM's `DataSource` with a PostgreSQL connection pool and its metrics. At the start, waits for a database that is not
 * available: five minutes if it refuses connections, and longer if it does not answer.
 */
@Global()
@Module({})
export class DatabaseModule {
  static register(config: DatabaseConfig, schema: DatabaseSchema): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => {
            const retryDelay = connectRetryMs();
            return {
              ...dataSourceOptions(config, schema),
              retryAttempts: Math.ceil(maxConnectMs / retryDelay),
              retryDelay,
            };
          },
          dataSourceFactory: (options) => Promise.resolve(new PooledDataSource(options as DataSourceOptions)),
        }),
      ],
      providers: [DatabaseMetrics],
    };
  }
}
