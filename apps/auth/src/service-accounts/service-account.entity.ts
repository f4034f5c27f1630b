import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A program that calls services in its own name. */
@Entity('service_account')
export class ServiceAccount {
  @PrimaryColumn('uuid')
  id: string;

  /** Unique regardless of case, by the index `service_account_name_key`. */
  @Column('text')
  name: string;

  /** The scopes that its API keys may have. */
  @Column('text', { array: true })
  scopes: string[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
