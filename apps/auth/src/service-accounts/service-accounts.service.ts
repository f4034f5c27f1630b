import { isUniqueViolation, queryRows, type ClientPrincipal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { AuditService } from '../audit/index.ts';
import { ApiKey } from './api-key.entity.ts';
import { newApiKey } from './api-key.secret.ts';
import { ServiceAccount } from './service-account.entity.ts';
import {
  apiKeyNotFound,
  apiKeyRotated,
  nameTaken,
  scopeNotAllowed,
  serviceAccountNotFound,
} from './service-accounts.problems.ts';
import type {
  ApiKeyView,
  IssuedApiKey,
  newApiKeySchema,
  newServiceAccountSchema,
  rotationSchema,
  ServiceAccountView,
} from './service-accounts.schema.ts';

const maxListed = 1000;
const maxKeysShown = 100;

const columns = 'id, prefix, scopes, created_at, expires_at, rotated_at, last_used_at';

const issueStatement = `
  INSERT INTO api_key (id, service_account_id, prefix, hash, scopes, expires_at)
  SELECT $1, s.id, $3, $4, coalesce($5::text[], s.scopes), $6
  FROM service_account s WHERE s.id = $2 AND s.scopes @> coalesce($5::text[], s.scopes)
  RETURNING ${columns}`;

/**
 * Gives a living key its one successor and an end, in one atomic statement: of any number of rotations at once one finds it
 * without a successor. $1 to $4 the successor's id, prefix, hash and end, $5 the old key, $6 its account, $7 overlap in s
 */
const rotateStatement = `
  WITH old AS (
    SELECT id, service_account_id, scopes, expires_at - created_at AS life FROM api_key
    WHERE id = $5 AND service_account_id = $6 AND rotated_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    FOR UPDATE
  ), ending AS (
    UPDATE api_key k
    SET rotated_at = now(), expires_at = least(k.expires_at, now() + make_interval(secs => $7::int))
    FROM old WHERE k.id = old.id
  )
  INSERT INTO api_key (id, service_account_id, prefix, hash, scopes, expires_at)
  SELECT $1, service_account_id, $2, $3, scopes, coalesce($4::timestamptz, now() + life) FROM old
  RETURNING ${columns}`;

const checkStatement = `
  SELECT FROM api_key WHERE id = $1 AND service_account_id = $2 AND (expires_at IS NULL OR expires_at > now())`;

interface ApiKeyRow {
  id: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  rotated_at: Date | null;
  last_used_at: Date | null;
}

/** What admins do with service accounts and their API keys. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  /** @throws ProblemException `name_taken` */
  async create(
    { name, scopes }: z.output<typeof newServiceAccountSchema>,
    actorId: string,
    context: RequestContext,
  ): Promise<ServiceAccountView> {
    const account = this.dataSource.manager.create(ServiceAccount, { id: uuidv7(), name, scopes });
    try {
      await this.dataSource.transaction(async (manager) => {
        await manager.insert(ServiceAccount, account);
        await this.audit.record(manager, context, {
          type: 'service_account.created',
          actorId,
          subjectId: account.id,
          detail: { name, scopes },
        });
      });
    } catch (error) {
      throw isUniqueViolation(error, 'service_account_name_key') ? nameTaken.exception() : error;
    }
    return { ...viewOf(account), api_keys: [] };
  }

  async list() {
    const accounts = await this.dataSource.manager.find(ServiceAccount, { order: { name: 'ASC' }, take: maxListed });
    return { service_accounts: accounts.map(viewOf) };
  }

  /** @throws ProblemException `service_account_not_found` */
  async view(id: string): Promise<ServiceAccountView> {
    const account = await this.dataSource.manager.findOneBy(ServiceAccount, { id });
    if (!account) {
      throw serviceAccountNotFound.exception();
    }
    const keys = await queryRows<ApiKeyRow>(
      this.dataSource,
      `SELECT ${columns} FROM api_key WHERE service_account_id = $1 ORDER BY id DESC LIMIT ${String(maxKeysShown)}`,
      [id],
    );
    return { ...viewOf(account), api_keys: keys.map(keyViewOf) };
  }

  /**
   * Deletes a service account with its keys; its access tokens are refused here at once.
   * @throws ProblemException `service_account_not_found`
   */
  async delete(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(ServiceAccount, { id });
      if (affected !== 1) {
        throw serviceAccountNotFound.exception();
      }
      await this.audit.record(manager, context, { type: 'service_account.deleted', actorId, subjectId: id });
    });
  }

  /**
   * Makes an API key, of which only the hash is kept.
   * @throws ProblemException `service_account_not_found`, `scope_not_allowed`
   */
  async issueKey(
    id: string,
    { scopes, expires_at }: z.output<typeof newApiKeySchema>,
    actorId: string,
    context: RequestContext,
  ): Promise<IssuedApiKey> {
    const { key, prefix, hash } = newApiKey();
    return this.dataSource.transaction(async (manager) => {
      const parameters = [uuidv7(), id, prefix, hash, scopes ?? null, expires_at];
      const [row] = await queryRows<ApiKeyRow>(manager, issueStatement, parameters);
      if (!row) {
        const known = await manager.existsBy(ServiceAccount, { id });
        throw (known ? scopeNotAllowed : serviceAccountNotFound).exception();
      }
      await this.audit.record(manager, context, {
        type: 'api_key.created',
        actorId,
        subjectId: id,
        detail: { key_id: row.id, prefix },
      });
      return { ...keyViewOf(row), key };
    });
  }

  /**
   * Makes a successor with the same scopes; both keys are good until the old one ends.
   * @throws ProblemException `api_key_not_found`, `api_key_rotated`
   */
  async rotateKey(
    { accountId, keyId }: { accountId: string; keyId: string },
    { overlap_seconds, expires_at }: z.output<typeof rotationSchema>,
    actorId: string,
    context: RequestContext,
  ): Promise<IssuedApiKey> {
    const { key, prefix, hash } = newApiKey();
    return this.dataSource.transaction(async (manager) => {
      const parameters = [uuidv7(), prefix, hash, expires_at ?? null, keyId, accountId, overlap_seconds];
      const [row] = await queryRows<ApiKeyRow>(manager, rotateStatement, parameters);
      if (!row) {
        const known = await manager.existsBy(ApiKey, { id: keyId, serviceAccountId: accountId });
        throw (known ? apiKeyRotated : apiKeyNotFound).exception();
      }
      await this.audit.record(manager, context, {
        type: 'api_key.rotated',
        actorId,
        subjectId: accountId,
        detail: { key_id: keyId, successor_id: row.id, prefix },
      });
      return { ...keyViewOf(row), key };
    });
  }

  /**
   * Ends a key and, here, its access tokens at once.
   * @throws ProblemException `api_key_not_found`
   */
  async revokeKey(accountId: string, keyId: string, actorId: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(ApiKey, { id: keyId, serviceAccountId: accountId });
      if (affected !== 1) {
        throw apiKeyNotFound.exception();
      }
      await this.audit.record(manager, context, {
        type: 'api_key.revoked',
        actorId,
        subjectId: accountId,
        detail: { key_id: keyId },
      });
    });
  }

  /** The caller, or null once its API key has ended. */
  async check(client: ClientPrincipal): Promise<ClientPrincipal | null> {
    const [row] = await queryRows(this.dataSource, checkStatement, [client.keyId, client.serviceAccountId]);
    return row ? client : null;
  }
}

function viewOf({ id, name, scopes, createdAt }: ServiceAccount) {
  return { id, name, scopes, created_at: createdAt.toISOString() };
}

function keyViewOf(row: ApiKeyRow): ApiKeyView {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    rotated_at: row.rotated_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}
