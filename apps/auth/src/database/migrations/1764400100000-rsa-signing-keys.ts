import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A generation of signing keys has an RSA key besides its EC key. It has columns of its own and not a row: replicas of the previous
 * version, which run beside this one and after a rollback, would sign access tokens with any row.
 */
export class RsaSigningKeys1764400100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE signing_key
        ADD COLUMN rsa_kid text CONSTRAINT signing_key_rsa_kid_key UNIQUE,
        ADD COLUMN rsa_public_jwk jsonb,
        ADD COLUMN rsa_private_key bytea,
        ADD COLUMN rsa_active_from timestamptz;
      ALTER TABLE application ADD COLUMN id_token_signed_response_alg text NOT NULL DEFAULT 'ES256'
        CHECK (id_token_signed_response_alg IN ('ES256', 'RS256'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE application DROP COLUMN id_token_signed_response_alg;
      ALTER TABLE signing_key
        DROP COLUMN rsa_kid, DROP COLUMN rsa_public_jwk, DROP COLUMN rsa_private_key, DROP COLUMN rsa_active_from;
    `);
  }
}
