import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person as an OpenID provider identifies them. Each identity belongs to one account. */
@Entity('external_identity')
export class ExternalIdentity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'account_id' })
  accountId: string;

  /** The provider's id in the settings, for people. Logins go by the issuer. */
  @Column('text')
  provider: string;

  @Column('text')
  issuer: string;

  @Column('text')
  subject: string;

  /** The e-mail address at the provider when the identity was linked, for people. Nothing depends on it. */
  @Column('text', { nullable: true })
  email: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt: Date;
}
