import { purge, queryRow, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** The table `passkey_challenge`: nonces of the challenges that have been used. */
@Injectable()
export class ChallengesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Marks a challenge as used in one atomic statement, and returns whether it was unused: of concurrent uses one succeeds. */
  async use(nonce: Buffer, expiresAt: Date): Promise<boolean> {
    const row = await queryRow(
      this.dataSource,
      sql`/* passkey-challenges.use */ INSERT INTO passkey_challenge (nonce, expires_at) VALUES (${nonce}, ${expiresAt})
        ON CONFLICT DO NOTHING RETURNING nonce`,
    );
    return row !== undefined;
  }

  /** Deletes expired challenges, `limit` at most, and returns how many. */
  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`expires_at <= now()`;
    return purge(on, { table: 'passkey_challenge', key: 'nonce', expired, orderBy: 'expires_at' }, limit);
  }
}
