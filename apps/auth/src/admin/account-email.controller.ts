import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  Roles,
} from '#common';
import { Body, Controller, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { adminEmailUnverified, emailTaken } from '../accounts/index.ts';
import { AccountEmailService } from './account-email.service.ts';
import { accountNotFound, adminProblems } from './admin.problems.ts';
import {
  accountEmailSchema,
  accountIdSchema,
  adminAccountExample,
  adminAccountSchema,
  toAdminAccount,
  type AccountEmail,
} from './admin.schema.ts';

/** The e-mail addresses of accounts, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@RequireRecentLogin({})
@Controller('auth/admin/accounts/:id')
export class AccountEmailController {
  constructor(private readonly emails: AccountEmailService) {}

  @Put('email')
  @ApiOperation({
    summary: 'Change an account’s e-mail address',
    description:
      'For admins. Ends the account’s sessions and all links that were mailed before, and tells the old and the new e-mail address. Password, ' +
      'passkeys, identities and second factors stay: to give the account to another person, force a password reset and reset the second factors ' +
      'too. Without `verified`, the new e-mail address gets a link to verify it. If the account had a verified e-mail address before, the link ' +
      'removes none of them either: a person who reads the new mailbox can set a password, but needs the second factor to log in. The e-mail ' +
      'address of an admin must be verified.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: { ...adminAccountExample, email: 'ada.king@example.com', email_verified_at: null },
  })
  @ApiProblems(
    ...adminProblems,
    ...recentLoginProblems,
    ...bodyProblems,
    accountNotFound,
    emailTaken,
    adminEmailUnverified,
  )
  async changeAccountEmail(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Body({ schema: accountEmailSchema }) body: AccountEmail,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.emails.change(id, body, actor, context));
  }

  @Post('email-verification')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Mark an account’s e-mail address as verified',
    description:
      'For admins. Do so only if the owner of the e-mail address has registered the account: its password and sessions stay valid.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound)
  async verifyAccountEmail(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.emails.verify(id, actor, context));
  }
}
