import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { TLSSocket } from 'node:tls';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { counter, gauge } from '../metrics/metrics.ts';
import { poolOf } from './pooled-data-source.ts';
import { socketOf } from './prepared-statements.ts';

/** Counts requests and readiness probes that failed because of the database. */
export const databaseUnavailable = counter({
  name: 'database_unavailable_total',
  help: 'Requests and readiness probes that failed because the database was unavailable',
});

/** Gauges of the connection pool and of the database server's certificate. */
@Injectable()
export class DatabaseMetrics {
  constructor(@InjectDataSource() dataSource: DataSource) {
    const pool = poolOf(dataSource);
    gauge({
      name: 'database_pool_connections',
      help: 'Pool connections by state; `waiting` counts requests that wait for a connection',
      labels: ['state'],
      collect: (set) => {
        set(pool.totalCount, { state: 'total' });
        set(pool.idleCount, { state: 'idle' });
        set(pool.waitingCount, { state: 'waiting' });
      },
    });
    let certificate: Certificate | undefined;
    pool.on('connect', (client) => {
      certificate = certificateOf(client) ?? certificate;
    });
    gauge({
      name: 'database_certificate_expiry_timestamp_seconds',
      help: 'Expiry of the database server’s certificate, from the newest connection; absent without TLS',
      labels: ['subject'],
      collect: (set) => {
        if (certificate) {
          set(certificate.expiresAt, { subject: certificate.subject });
        }
      },
    });
  }
}

interface Certificate {
  subject: string;
  /** In seconds since 1970. */
  expiresAt: number;
}

function certificateOf(client: PoolClient): Certificate | undefined {
  const socket = socketOf(client);
  if (!(socket instanceof TLSSocket)) {
    return undefined;
  }
  const { valid_to, subject } = socket.getPeerCertificate();
  return { subject: String(subject.CN), expiresAt: Date.parse(valid_to) / 1000 };
}
