/** The bare program's refresh on top of more layers. `LAYER` is `nest`, `database` or `common`. */
import {
  commonSettings,
  Context,
  createHttpApp,
  DatabaseModule,
  JwtAuthModule,
  loadConfig,
  LoggingModule,
  Public,
  type RequestContext,
} from '#common';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { decorate } from './decorate.ts';
import { refresh, type Rows } from './refresh.ts';

const { LAYER } = process.env;
const config = loadConfig(z.object(commonSettings), process.env);
let rows: Rows;

class RefreshController {
  refresh({ refresh_token: token }: { refresh_token: string }, context?: RequestContext) {
    return refresh(rows, token, context?.address ?? '127.0.0.1', context?.userAgent ?? undefined);
  }
}
decorate(RefreshController.prototype, 'refresh', Post('refresh'), HttpCode(200), Public());
Body({ schema: z.strictObject({ refresh_token: z.string() }) })(RefreshController.prototype, 'refresh', 0);
if (LAYER === 'common') {
  Context()(RefreshController.prototype, 'refresh', 1);
}
Controller('auth')(RefreshController);

// eslint-disable-next-line @typescript-eslint/no-extraneous-class
class RefreshModule {}
const database = DatabaseModule.register(config, { applicationName: 'layered', entities: [], migrations: [] });
const access = JwtAuthModule.register({
  useFactory: () => ({ issuer: 'none', audience: 'none', resolveKey: () => Promise.reject(new Error('no key')) }),
});
Module({
  imports: { database: [database], common: [database, LoggingModule.register(config), access] }[LAYER ?? ''] ?? [],
  controllers: [RefreshController],
})(RefreshModule);

const app =
  LAYER === 'common'
    ? await createHttpApp(RefreshModule, config)
    : await NestFactory.create<NestFastifyApplication>(RefreshModule, new FastifyAdapter(), { logger: false });
if (LAYER === 'nest') {
  const pool = new pg.Pool({ connectionString: config.DATABASE_URL, max: 10 });
  rows = async <Row>(name: string, text: string, values: unknown[]) =>
    (await pool.query({ name, text, values })).rows as Row[];
} else {
  const dataSource = app.get(DataSource);
  // an UPDATE, to which TypeORM answers [rows, count]
  rows = async <Row>(_name: string, text: string, values: unknown[]) =>
    (await dataSource.query<[Row[], number]>(text, values))[0];
}
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
process.on('SIGTERM', () => void app.close().then(() => process.exit()));
