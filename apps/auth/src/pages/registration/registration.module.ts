import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { PagesKitModule } from '../kit/index.ts';
import { SignInModule } from '../sign-in/index.ts';
import { RegistrationController } from './registration.controller.tsx';

/** The page to create an account. */
@Module({ imports: [AccountsModule, PagesKitModule, SignInModule], controllers: [RegistrationController] })
export class RegistrationPagesModule {}
