import { getMetadataArgsStorage } from 'typeorm';
import { sql, type Sql } from './sql.ts';

/** An entity's class. */
type EntityClass<Entity> = abstract new () => Entity;

/**
 * The columns of an entity, as a list for SELECT or RETURNING: the rows have the entity's property names.
 * @param properties which columns; all of them by default
 */
export function columnsOf<Entity>(entity: EntityClass<Entity>, properties?: readonly (keyof Entity & string)[]): Sql {
  const columns = getMetadataArgsStorage().columns.filter(({ target }) => target === entity);
  const names = new Map(columns.map(({ propertyName, options }) => [propertyName, options.name ?? propertyName]));
  const wanted: readonly string[] = properties ?? [...names.keys()];
  return sql.raw(
    wanted
      .map((property) =>
        names.get(property) === property ? property : `${String(names.get(property))} AS "${property}"`,
      )
      .join(', '),
  );
}
