import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A secret of a service account. It is deleted when it is revoked, and the audit trail remembers. */
@Entity('api_key')
export class ApiKey {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'service_account_id' })
  serviceAccountId: string;

  /** The key's beginning, by which people and we find it. */
  @Column('text', { unique: true })
  prefix: string;

  /** SHA-256 of the whole key. */
  @Column('bytea')
  hash: Buffer;

  @Column('text', { array: true })
  scopes: string[];

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  /** When it got a successor; it can have one only. */
  @Column('timestamptz', { name: 'rotated_at', nullable: true })
  rotatedAt: Date | null;

  /** To the minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
