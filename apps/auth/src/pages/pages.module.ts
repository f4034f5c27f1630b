import { Module } from '@nestjs/common';
import { AccountPagesModule } from './account/index.ts';
import { MailedLinksModule } from './mailed-links/index.ts';
import { RegistrationPagesModule } from './registration/index.ts';
import { SignInModule } from './sign-in/index.ts';

/** The pages that people see: server-rendered, and complete without scripts. */
@Module({ imports: [AccountPagesModule, MailedLinksModule, RegistrationPagesModule, SignInModule] })
export class PagesModule {}
