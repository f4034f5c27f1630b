import { problems, type Principal } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionsService } from '../sessions/index.ts';
import { AccountDirectoryRepository } from './account-directory.repository.ts';
import { adminRequired, lastAdmin } from './accounts.problems.ts';

/** Which accounts an act changes. */
export interface ActScope {
  /** The ids of the accounts. */
  changes?: string[];
  /** Whether it may remove the power of an admin. */
  mayEndAdmin?: boolean;
}

/**
 * The power of admins over accounts. A request of an admin may wait, for a hash or for a lock, while another admin ends its
 * session or takes its role. So each act checks the admin again, in the transaction that it changes something in.
 */
@Injectable()
export class AdminAuthorityService {
  constructor(
    private readonly directory: AccountDirectoryRepository,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Begins an act in the caller's transaction: locks the admin with the accounts that the act changes, and requires that the admin
   * still has a session and the role. What would end the admin's power waits for the end of the transaction.
   * @throws ProblemException `token_invalid`, `role_required`
   */
  async assert(manager: EntityManager, admin: Principal, { changes = [], mayEndAdmin }: ActScope = {}): Promise<void> {
    const ids = [admin.accountId, ...changes];
    await (mayEndAdmin ? this.directory.lockAdmins(manager, ids) : this.directory.lockAll(manager, ids));
    const { roles } = await this.sessions.assertActive(manager, admin);
    if (!roles.includes('admin')) {
      throw problems.roleRequired.exception();
    }
  }

  /**
   * Begins an act of a program in the caller's transaction: locks the accounts that the act changes, and requires that none
   * is an admin's.
   * @throws ProblemException `admin_required`
   */
  async assertNoAdmin(manager: EntityManager, { changes = [] }: ActScope): Promise<void> {
    const accounts = await this.directory.lockAll(manager, changes);
    if (accounts.some(({ roles }) => roles.includes('admin'))) {
      throw adminRequired.exception();
    }
  }

  /**
   * Does what may remove an admin's last way to log in, in a transaction that {@link assert} has begun with `mayEndAdmin`.
   * @throws ProblemException `last_admin` if no active admin remains
   */
  async keepAdmin<T>(manager: EntityManager, work: () => Promise<T>): Promise<T> {
    const hadAdmin = await this.directory.hasAdmin(manager);
    const done = await work();
    if (hadAdmin && !(await this.directory.hasAdmin(manager))) {
      throw lastAdmin.exception();
    }
    return done;
  }
}
