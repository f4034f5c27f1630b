import { expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '#common';
import { authSchema } from '../src/database/index.ts';
import { startTestService } from './support/service.ts';

/** A column as both the database and an entity describe it. */
interface Column {
  name: string;
  type: string;
  nullable: boolean;
}

it('describes each entity’s table as the migrations made it', async () => {
  const service = await startTestService();
  const entities = new DataSource(dataSourceOptions(service.config, authSchema));
  await entities.initialize();
  for (const { tableName, columns, primaryColumns } of entities.entityMetadatas) {
    const { rows } = await service.database.query<Column>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type, NOT attnotnull AS nullable
       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
      [tableName],
    );
    const described = columns
      .map((column) => ({
        name: column.databaseName,
        type: `${entities.driver.normalizeType(column)}${column.isArray ? '[]' : ''}`,
        nullable: column.isNullable,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect({ table: tableName, columns: described }).toEqual({ table: tableName, columns: rows });
    expect(primaryColumns.length).toBeGreaterThan(0);
  }
  expect(entities.entityMetadatas.length).toBeGreaterThan(0);
  await entities.destroy();
});
