import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A WebAuthn credential by which its owner logs in without a password. */
@Entity('passkey')
export class Passkey {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'account_id' })
  accountId: string;

  @Column('bytea', { name: 'credential_id' })
  credentialId: Buffer;

  /** In COSE. */
  @Column('bytea', { name: 'public_key' })
  publicKey: Buffer;

  /** Signatures its authenticator has told of; 0 for those that don't count. A bigint, which the driver gives as text. */
  @Column('bigint')
  counter: string;

  @Column('text', { array: true })
  transports: string[];

  /** Whether it may be on more than one device. */
  @Column('boolean')
  synced: boolean;

  @Column('text')
  name: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
