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

  /** A COSE_Key (RFC 9052 §7). */
  @Column('bytea', { name: 'public_key' })
  publicKey: Buffer;

  /** The authenticator's signature counter; 0 if it does not count. A bigint, which the driver returns as text. */
  @Column('bigint')
  counter: string;

  @Column('text', { array: true })
  transports: string[];

  /** Whether it may exist on more than one device. */
  @Column('boolean')
  synced: boolean;

  @Column('text')
  name: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
