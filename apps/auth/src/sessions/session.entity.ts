import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One login on one device. It exists as long as it is good: signing out deletes it, and the audit trail remembers. */
@Entity('session')
export class Session {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'account_id' })
  accountId: string;

  /** SHA-256 of the refresh token that is good now. */
  @Column('bytea', { name: 'token_hash' })
  tokenHash: Buffer;

  /** SHA-256 of the one before, good for a moment longer. */
  @Column('bytea', { name: 'previous_hash', nullable: true })
  previousHash: Buffer | null;

  @Column('timestamptz', { name: 'rotated_at' })
  rotatedAt: Date;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  @Column('inet')
  address: string;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  /** How its owner proved who they are, in the words of RFC 8176. */
  @Column('text', { array: true })
  amr: string[];

  /** When they last did. */
  @Column('timestamptz', { name: 'authenticated_at' })
  authenticatedAt: Date;
}
