import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsRepository } from '../accounts/index.ts';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { RecoveryCodesRepository, TotpRepository } from '../login/mfa/index.ts';
import { PasskeysRepository } from '../login/passkeys/index.ts';
import { FlowsRepository, IdentitiesRepository, UnlinkedIdentitiesRepository } from '../login/social/index.ts';
import { GrantsRepository } from '../openid/index.ts';
import { SessionsRepository } from '../sessions/index.ts';

/** Returns everything that is stored about one account, as JSON objects without secrets and hashes. */
type PersonalDataSource = (accountId: string) => Promise<unknown[]>;

/** Everything that is stored about accounts, except the audit trail. privacy.e2e.ts fails if a table is missing. */
@Injectable()
export class PersonalDataSources {
  /** By the name in the export. */
  readonly byName: Record<string, PersonalDataSource>;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    accounts: AccountsRepository,
    sessions: SessionsRepository,
    oneTimeTokens: OneTimeTokensService,
    mails: MailService,
    totp: TotpRepository,
    recoveryCodes: RecoveryCodesRepository,
    passkeys: PasskeysRepository,
    identities: IdentitiesRepository,
    unlinkedIdentities: UnlinkedIdentitiesRepository,
    socialFlows: FlowsRepository,
    grants: GrantsRepository,
  ) {
    this.byName = {
      account: (id) => accounts.personalData(id),
      sessions: (id) => sessions.personalData(id),
      one_time_tokens: (id) => oneTimeTokens.personalData(id),
      mails: async (id) => {
        const account = await accounts.findById(dataSource, id);
        return account ? mails.personalData(account) : [];
      },
      totp: (id) => totp.personalData(id),
      recovery_codes: (id) => recoveryCodes.personalData(id),
      passkeys: (id) => passkeys.personalData(id),
      external_identities: (id) => identities.personalData(id),
      application_consents: (id) => grants.consentsOf(id),
      application_grants: (id) => grants.grantsOf(id),
      unlinked_identities: (id) => unlinkedIdentities.personalData(id),
      social_flows: (id) => socialFlows.personalData(id),
    };
  }
}
