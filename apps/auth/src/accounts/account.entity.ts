import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What an account may do. */
export type Role = 'user' | 'admin';

/** A person with an e-mail address, and mostly a password. */
@Entity('account')
export class Account {
  @PrimaryColumn('uuid')
  id: string;

  /** As it was typed; unique without regard to case, by the index `account_email_key`. */
  @Column('text')
  email: string;

  /** Since when its owner has shown to get mails at the address. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt: Date | null;

  /** Null where none has been set, or an admin has taken it away. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash: string | null;

  @Column('text', { array: true })
  roles: Role[];

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  @Column('timestamptz', { name: 'password_changed_at', default: () => 'now()' })
  passwordChangedAt: Date;

  /** Whether an authenticator app guards it; the triggers of `totp` keep it so. */
  @Column('boolean', { name: 'second_factor', default: false })
  secondFactor: boolean;

  /** Since when nobody can sign in to it. */
  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt: Date | null;
}
