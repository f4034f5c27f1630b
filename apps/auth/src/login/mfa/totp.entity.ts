import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An account's authenticator app; without `confirmedAt` it is being set up and guards nothing yet. */
@Entity('totp')
export class Totp {
  @PrimaryColumn('uuid', { name: 'account_id' })
  accountId: string;

  /** Shared with the app; encrypted. */
  @Column('bytea')
  secret: Buffer;

  /** Number of the 30 s step whose code was taken last: no code is good twice. A bigint, which the driver gives as text. */
  @Column('bigint', { name: 'last_used_step' })
  lastUsedStep: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'confirmed_at', nullable: true })
  confirmedAt: Date | null;
}
