import { execute, queryRow, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** The table `application_logo`. It is apart from `application`, which each request of an application reads. */
@Injectable()
export class ApplicationLogosRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The logo as a `data:` URL; undefined without one. */
  async find(applicationId: string): Promise<string | undefined> {
    const row = await queryRow<{ logo: string }>(
      this.dataSource,
      sql`/* application-logos.find */ SELECT logo FROM application_logo WHERE application_id = ${applicationId}`,
    );
    return row?.logo;
  }

  /**
   * Replaces the logo of an application.
   * @param logo null for none
   * @returns whether that changed it
   */
  async replace(on: Queryable, applicationId: string, logo: string | null): Promise<boolean> {
    const statement =
      logo === null
        ? sql`/* application-logos.remove */ DELETE FROM application_logo WHERE application_id = ${applicationId}`
        : sql`/* application-logos.put */
            INSERT INTO application_logo AS l (application_id, logo) VALUES (${applicationId}, ${logo})
            ON CONFLICT (application_id) DO UPDATE SET logo = EXCLUDED.logo WHERE l.logo <> EXCLUDED.logo
            RETURNING application_id`;
    return (await execute(on, statement)) > 0;
  }
}
