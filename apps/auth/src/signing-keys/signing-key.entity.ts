import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that access tokens are signed with. */
@Entity('signing_key')
export class SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  @PrimaryColumn('text')
  kid: string;

  /** Position in the succession; unique, so that of replicas that rotate at once one wins. */
  @Column('integer', { unique: true })
  generation: number;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk: object;

  /** PKCS #8, encrypted by the keyring. */
  @Column('bytea', { name: 'private_key' })
  privateKey: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;

  /** From here on it signs, until its successor's. */
  @Column('timestamptz', { name: 'active_from' })
  activeFrom: Date;
}
