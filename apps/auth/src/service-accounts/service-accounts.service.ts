import { isUniqueViolation, type ClientPrincipal, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { AdminAuthorityService } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { newSecret } from './api-key.secret.ts';
import { ApiKeysRepository, type ApiKey } from './api-keys.repository.ts';
import {
  apiKeyNotFound,
  apiKeyRotated,
  nameTaken,
  scopeNotAllowed,
  serviceAccountNotFound,
} from './service-accounts.problems.ts';
import type { ServiceAccount } from './service-account.entity.ts';
import { ServiceAccountsRepository } from './service-accounts.repository.ts';
import type {
  ApiKeyView,
  IssuedApiKey,
  newApiKeySchema,
  newServiceAccountSchema,
  rotationSchema,
  ServiceAccountChange,
  ServiceAccountView,
} from './service-accounts.schema.ts';

const maxListed = 1000;
const maxKeysShown = 100;

/** Manages service accounts and their API keys. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: ServiceAccountsRepository,
    private readonly keys: ApiKeysRepository,
    private readonly audit: AuditService,
    private readonly authority: AdminAuthorityService,
  ) {}

  /** @throws ProblemException `name_taken` */
  async create(
    { name, scopes }: z.output<typeof newServiceAccountSchema>,
    actor: Principal,
    context: RequestContext,
  ): Promise<ServiceAccountView> {
    return this.naming(async (manager) => {
      await this.authority.assert(manager, actor);
      const account = await this.accounts.insert(manager, { id: uuidv7(), name, scopes });
      await this.audit.record(manager, context, {
        type: 'service_account.created',
        actorId: actor.accountId,
        subjectId: account.id,
        detail: { name, scopes },
      });
      return { ...viewOf(account), api_keys: [] };
    });
  }

  /**
   * Changes the name and the scopes. Keys and access tokens keep what they have of the new scopes.
   * @throws ProblemException `service_account_not_found`, `name_taken`
   */
  async change(id: string, change: ServiceAccountChange, actor: Principal, context: RequestContext): Promise<void> {
    await this.naming(async (manager) => {
      await this.authority.assert(manager, actor);
      const account = await this.accounts.lock(manager, id);
      if (!account) {
        throw serviceAccountNotFound.exception();
      }
      const before = { name: account.name, scopes: account.scopes };
      const after = { name: change.name ?? before.name, scopes: change.scopes ?? before.scopes };
      await this.accounts.update(manager, { id, ...after });
      await this.audit.record(manager, context, {
        type: 'service_account.changed',
        actorId: actor.accountId,
        subjectId: id,
        detail: { before, after },
      });
    });
  }

  async list() {
    const accounts = await this.accounts.list(maxListed);
    return { service_accounts: accounts.map(viewOf) };
  }

  /** @throws ProblemException `service_account_not_found` */
  async view(id: string): Promise<ServiceAccountView> {
    const account = await this.accounts.find(this.dataSource, id);
    if (!account) {
      throw serviceAccountNotFound.exception();
    }
    const keys = await this.keys.list(id, maxKeysShown);
    return { ...viewOf(account), api_keys: keys.map(keyViewOf) };
  }

  /**
   * Deletes a service account with its keys. This service rejects its access tokens at once.
   * @throws ProblemException `service_account_not_found`
   */
  async delete(id: string, actor: Principal, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      if (!(await this.accounts.delete(manager, id))) {
        throw serviceAccountNotFound.exception();
      }
      await this.audit.record(manager, context, {
        type: 'service_account.deleted',
        actorId: actor.accountId,
        subjectId: id,
      });
    });
  }

  /**
   * Creates an API key and stores only its hash.
   * @throws ProblemException `service_account_not_found`, `scope_not_allowed`
   */
  async issueKey(
    id: string,
    { scopes, expires_at }: z.output<typeof newApiKeySchema>,
    actor: Principal,
    context: RequestContext,
  ): Promise<IssuedApiKey> {
    const { key, ...stored } = newSecret('ak');
    return this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      const issued = await this.keys.insert(manager, { id: uuidv7(), ...stored }, id, scopes ?? null, expires_at);
      if (!issued) {
        const account = await this.accounts.find(manager, id);
        throw (account ? scopeNotAllowed : serviceAccountNotFound).exception();
      }
      await this.audit.record(manager, context, {
        type: 'api_key.created',
        actorId: actor.accountId,
        subjectId: id,
        detail: { key_id: issued.id, prefix: issued.prefix },
      });
      return { ...keyViewOf(issued), key };
    });
  }

  /**
   * Creates a successor with the same scopes. Both keys are valid until the old one expires.
   * @throws ProblemException `api_key_not_found`, `api_key_rotated`
   */
  async rotateKey(
    { accountId, keyId }: { accountId: string; keyId: string },
    { overlap_seconds, expires_at }: z.output<typeof rotationSchema>,
    actor: Principal,
    context: RequestContext,
  ): Promise<IssuedApiKey> {
    const { key, ...stored } = newSecret('ak');
    return this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      const successor = await this.keys.rotate(
        manager,
        { id: uuidv7(), ...stored },
        { accountId, keyId },
        overlap_seconds,
        expires_at ?? null,
      );
      if (!successor) {
        const exists = await this.keys.exists(manager, accountId, keyId);
        throw (exists ? apiKeyRotated : apiKeyNotFound).exception();
      }
      await this.audit.record(manager, context, {
        type: 'api_key.rotated',
        actorId: actor.accountId,
        subjectId: accountId,
        detail: { key_id: keyId, successor_id: successor.id, prefix: successor.prefix },
      });
      return { ...keyViewOf(successor), key };
    });
  }

  /**
   * Revokes a key. This service rejects its access tokens at once.
   * @throws ProblemException `api_key_not_found`
   */
  async revokeKey(accountId: string, keyId: string, actor: Principal, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      if (!(await this.keys.delete(manager, accountId, keyId))) {
        throw apiKeyNotFound.exception();
      }
      await this.audit.record(manager, context, {
        type: 'api_key.revoked',
        actorId: actor.accountId,
        subjectId: accountId,
        detail: { key_id: keyId },
      });
    });
  }

  /**
   * Whether a client's API key has neither ended nor lost a scope meanwhile. What would end it waits for the end of the caller's
   * transaction.
   */
  lockActive(manager: EntityManager, client: ClientPrincipal): Promise<boolean> {
    return this.keys.lockActive(manager, client);
  }

  /** @returns the client with the scopes that it still has; null if its API key has expired or was revoked */
  async check(client: ClientPrincipal): Promise<ClientPrincipal | null> {
    const granted = await this.keys.activeScopes(client);
    return granted ? { ...client, scopes: client.scopes.filter((scope) => granted.includes(scope)) } : null;
  }

  /** Runs a transaction that names a service account. */
  private async naming<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.dataSource.transaction(work);
    } catch (error) {
      throw isUniqueViolation(error, 'service_account_name_key') ? nameTaken.exception() : error;
    }
  }
}

function viewOf({ id, name, scopes, createdAt }: ServiceAccount) {
  return { id, name, scopes, created_at: createdAt.toISOString() };
}

function keyViewOf(key: ApiKey): ApiKeyView {
  return {
    ...key,
    created_at: key.created_at.toISOString(),
    expires_at: key.expires_at?.toISOString() ?? null,
    rotated_at: key.rotated_at?.toISOString() ?? null,
    last_used_at: key.last_used_at?.toISOString() ?? null,
  };
}
