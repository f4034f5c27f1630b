import type { Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AccountsRepository } from '../accounts/index.ts';
import { temporarySources } from './personal-data.ts';

/** One kind of data that is stored about accounts. */
export interface PersonalDataSource {
  /** Its name in the export. */
  name: string;
  /** Everything stored about one account, as JSON objects without secrets and hashes. */
  personalData: (accountId: string) => Promise<unknown[]>;
}

export const PERSONAL_DATA_SOURCES = Symbol('PERSONAL_DATA_SOURCES');

/** Everything that is stored about accounts, except the audit trail. privacy.e2e.ts fails if a table is missing. */
export const personalDataSourcesProvider: Provider = {
  provide: PERSONAL_DATA_SOURCES,
  inject: [AccountsRepository, getDataSourceToken()],
  useFactory: (accounts: AccountsRepository, dataSource: DataSource): PersonalDataSource[] => [
    { name: 'account', personalData: (accountId) => accounts.personalData(accountId) },
    ...temporarySources(dataSource),
  ],
};
