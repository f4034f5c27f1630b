import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { TLSSocket } from 'node:tls';
import type { PoolClient } from 'pg';
import { Counter, Gauge, register } from 'prom-client';
import { DataSource } from 'typeorm';
import { poolOf } from './pooled-data-source.ts';
import { socketOf } from './prepared-statements.ts';

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
    const pool = poolOf(dataSource);
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
  const socket = socketOf(client);
  if (socket instanceof TLSSocket) {
    const { valid_to, subject } = socket.getPeerCertificate();
    certificateExpiry.reset();
    certificateExpiry.set({ subject: String(subject.CN) }, Date.parse(valid_to) / 1000);
  }
}
