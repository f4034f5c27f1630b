import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { TLSSocket } from 'node:tls';
import type { Pool, PoolClient } from 'pg';
import { Counter, Gauge, register } from 'prom-client';
import { DataSource } from 'typeorm';

/** Requests and probes that found the database away. */
export const databaseUnavailable = new Counter({
  name: 'database_unavailable_total',
  help: 'Times that a request or a readiness probe could not use the database',
});

const certificateExpiry = new Gauge({
  name: 'database_certificate_expiry_timestamp_seconds',
  help: 'When the certificate ends that the database showed at the newest connection; absent without TLS',
  labelNames: ['subject'],
});

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
    pool.on('connect', readCertificate);
  }
}

function readCertificate(client: PoolClient): void {
  // node-postgres' types do not show the connection
  const { stream } = (client as PoolClient & { connection: { stream: unknown } }).connection;
  if (stream instanceof TLSSocket) {
    const { valid_to, subject } = stream.getPeerCertificate();
    certificateExpiry.reset();
    certificateExpiry.set({ subject: String(subject.CN) }, Date.parse(valid_to) / 1000);
  }
}
