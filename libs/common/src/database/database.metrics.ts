import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool } from 'pg';
import { Gauge, register } from 'prom-client';
import { DataSource } from 'typeorm';

/** Gauges of the connection pool, read when they are scraped. */
@Injectable()
export class DatabaseMetrics {
  constructor(@InjectDataSource() dataSource: DataSource) {
    // TypeORM's type of the driver does not show the pool of node-postgres
    const { master: pool } = dataSource.driver as unknown as { master: Pool };
    const name = 'database_pool_connections';
    // of two applications in one process, as in tests, the later one is shown
    register.removeSingleMetric(name);
    new Gauge({
      name,
      help: 'Connections of the pool by state; `waiting` are the requests that wait for one',
      labelNames: ['state'],
      collect() {
        this.set({ state: 'total' }, pool.totalCount);
        this.set({ state: 'idle' }, pool.idleCount);
        this.set({ state: 'waiting' }, pool.waitingCount);
      },
    });
  }
}
