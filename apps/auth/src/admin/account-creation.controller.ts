import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentCaller,
  type Caller,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  Roles,
  rolesInclude,
  Scopes,
} from '#common';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { adminEmailUnverified, emailTaken } from '../accounts/index.ts';
import { mailDisabled } from '../email/outbox/index.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../passwords/index.ts';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { AccountCreationService } from './account-creation.service.ts';
import { writerProblems } from './admin.problems.ts';
import {
  adminAccountExample,
  adminAccountSchema,
  invitationSchema,
  newAccountSchema,
  toAdminAccount,
  type Invitation,
  type NewAccount,
} from './admin.schema.ts';

/** Whether a body, before it is validated, says that an e-mail address is verified. */
const vouches = (body: unknown) => ((body ?? {}) as { email_verified?: unknown }).email_verified === true;

/** Accounts that admins create for other people. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Scopes(['accounts:write'])
@Controller('auth/admin')
export class AccountCreationController {
  constructor(private readonly creation: AccountCreationService) {}

  @Post('accounts')
  @RequireRecentLogin({ ifBody: (body) => rolesInclude('admin')(body) || vouches(body) })
  @ApiOperation({
    summary: 'Create an account',
    description:
      'For admins and for programs with the scope `accounts:write`, who pass the password on to the owner. Only an admin makes ' +
      'another admin.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(
    ...writerProblems,
    ...recentLoginProblems,
    ...bodyProblems,
    emailTaken,
    adminEmailUnverified,
    passwordTooWeak,
    passwordBreached,
    hashQueueFull,
  )
  async createAccount(
    @Body({ schema: newAccountSchema }) body: NewAccount,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.creation.create(body, actor, context));
  }

  @Post('invitations')
  @RequireRecentLogin({ ifBody: rolesInclude('admin') })
  @ApiOperation({
    summary: 'Invite a person',
    description:
      'For admins and for programs with the scope `accounts:write`. Creates an account without a password and sends its owner a link to set one. Inviting an e-mail address again ' +
      'whose owner has not accepted yet sends a new link and ends the earlier one; the account gets the roles of the new invitation.',
  })
  @ApiResponse({
    status: 201,
    description: 'The account. The e-mail is queued.',
    standardSchema: adminAccountSchema,
    example: { ...adminAccountExample, email_verified_at: null, has_password: false },
  })
  @ApiProblems(...writerProblems, ...recentLoginProblems, ...bodyProblems, emailTaken, tooManyAttempts, mailDisabled)
  async inviteAccount(
    @Body({ schema: invitationSchema }) body: Invitation,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.creation.invite(body, actor, context));
  }
}
