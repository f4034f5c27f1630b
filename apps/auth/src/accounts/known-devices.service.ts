import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DeviceCookie } from '../sessions/device-cookie/index.ts';
import type { StoredAccount } from './account.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** Keeps the device of a request a known one when the owner changes what opens the account. */
@Injectable()
export class KnownDevicesService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly devices: DeviceCookie,
  ) {}

  /**
   * Issues a new cookie for a device that the account knew, in the caller's transaction, which has raised the security epoch.
   * @param before the account as it was before
   * @param cookies the request's `cookie` header
   * @returns a `set-cookie` header; undefined if the account did not know the device
   */
  async keep(
    manager: EntityManager,
    before: Pick<StoredAccount, 'id' | 'email' | 'securityEpoch'>,
    cookies: string | undefined,
  ): Promise<string | undefined> {
    const device = this.devices.recognise(cookies, before);
    const changed = device === undefined ? undefined : await this.accounts.findById(manager, before.id);
    return changed && this.devices.issue(changed, device);
  }
}
