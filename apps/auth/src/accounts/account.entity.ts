import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Locale } from '../texts/index.ts';

/** What an account may do. */
export type Role = 'user' | 'admin';

/** A JSON object that the service stores for others and does not read. */
export type Metadata = Record<string, unknown>;

/** A person with an e-mail address and, usually, a password. */
@Entity('account')
export class Account {
  @PrimaryColumn('uuid')
  id: string;

  /** As its owner typed it; unique without regard to case, by the index `account_email_key`. */
  @Column('text')
  email: string;

  /** When the owner proved that they receive e-mails at this e-mail address. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt: Date | null;

  /** Whether it had a verified e-mail address before its present one, which is not. A trigger sets it. */
  @Column('boolean', { name: 'was_verified' })
  wasVerified: boolean;

  /** In a format that `passwords/formats` reads; null without a password. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash: string | null;

  @Column('text', { array: true })
  roles: Role[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'password_changed_at' })
  passwordChangedAt: Date;

  /** Whether the account has a confirmed authenticator app. Triggers of `totp` keep it up to date. */
  @Column('boolean', { name: 'second_factor' })
  secondFactor: boolean;

  /** Whether the account has a passkey or an identity to log in by. Triggers of their tables keep it up to date. */
  @Column('boolean', { name: 'other_credential' })
  otherCredential: boolean;

  /** The language of mails to the owner; null as long as no request of theirs has stated one. */
  @Column('text', { nullable: true })
  locale: Locale | null;

  /** The owner's full name, as it is shown. */
  @Column('text', { nullable: true })
  name: string | null;

  @Column('text', { name: 'given_name', nullable: true })
  givenName: string | null;

  @Column('text', { name: 'family_name', nullable: true })
  familyName: string | null;

  /** URL of a picture of the owner. */
  @Column('text', { nullable: true })
  picture: string | null;

  /** The owner's time zone, by its IANA name. */
  @Column('text', { nullable: true })
  zoneinfo: string | null;

  /** What clients store about the account; its owner reads and changes it. */
  @Column('json', { name: 'public_metadata' })
  publicMetadata: Metadata;

  /** What admins store about the account; they alone read and change it. */
  @Column('json', { name: 'private_metadata' })
  privateMetadata: Metadata;

  /** When the language, or one of the columns above that begin with the name, last changed. */
  @Column('timestamptz', { name: 'profile_changed_at' })
  profileChangedAt: Date;

  /** Since when nobody can log in to it. */
  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt: Date | null;

  /** Rises with each act that ends what is under way, such as a new password; PostgreSQL's `bigint` as text. */
  @Column('bigint', { name: 'security_epoch' })
  securityEpoch: string;

  /** The hash that a forced password reset took away, until a new password is set. */
  @Column('text', { name: 'retired_password_hash', nullable: true })
  retiredPasswordHash: string | null;
}
