import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person as an OpenID provider knows them; each belongs to one account, by `external_identity_issuer_subject_key`. */
@Entity('external_identity')
export class ExternalIdentity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'account_id' })
  accountId: string;

  /** The provider's id in the settings, for people: the issuer is what counts. */
  @Column('text')
  provider: string;

  @Column('text')
  issuer: string;

  @Column('text')
  subject: string;

  /** What the provider said when it was linked, for people; nothing is decided by it. */
  @Column('text', { nullable: true })
  email: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_used_at', default: () => 'now()' })
  lastUsedAt: Date;
}
