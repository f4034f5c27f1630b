import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentActor,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  Roles,
  rolesInclude,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { emailTaken, lastAdmin } from '../accounts/index.ts';
import { mailDisabled } from '../email/outbox/index.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../passwords/index.ts';
import { AccountCreationService } from './account-creation.service.ts';
import { accountNotFound, adminProblems } from './admin.problems.ts';
import {
  accountIdSchema,
  accountPageSchema,
  accountSearchSchema,
  adminAccountExample,
  adminAccountSchema,
  invitationSchema,
  newAccountSchema,
  rolesSchema,
  toAccountPage,
  toAdminAccount,
  type AccountSearch,
  type Invitation,
  type NewAccount,
} from './admin.schema.ts';
import { AdminService } from './admin.service.ts';

/** What admins do with accounts. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin')
export class AdminController {
  constructor(
    private readonly admin: AdminService,
    private readonly creation: AccountCreationService,
  ) {}

  @Get('accounts')
  @ApiOperation({
    summary: 'Search accounts',
    description: 'For admins. In the order of their e-mail addresses, page by page.',
  })
  @ApiResponse({
    status: 200,
    description: 'A page of accounts.',
    standardSchema: accountPageSchema,
    example: { accounts: [adminAccountExample], next: 'YWRhQGV4YW1wbGUuY29t' },
  })
  @ApiProblems(...adminProblems)
  async searchAccounts(
    @Query({ schema: accountSearchSchema }) query: AccountSearch,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return toAccountPage(await this.admin.search(query, actorId, context), query.limit);
  }

  @Post('accounts')
  @RequireRecentLogin({ ifBody: rolesInclude('admin') })
  @ApiOperation({
    summary: 'Create an account',
    description: 'For admins. The admin passes the password on to the owner.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(
    ...adminProblems,
    ...recentLoginProblems,
    ...bodyProblems,
    emailTaken,
    passwordTooWeak,
    passwordBreached,
    hashQueueFull,
  )
  async createAccount(
    @Body({ schema: newAccountSchema }) body: NewAccount,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.creation.create(body, actorId, context));
  }

  @Post('invitations')
  @RequireRecentLogin({ ifBody: rolesInclude('admin') })
  @ApiOperation({
    summary: 'Invite a person',
    description: 'For admins. Creates an account without a password and sends its owner a link to set one.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new account.',
    standardSchema: adminAccountSchema,
    example: { ...adminAccountExample, email_verified_at: null, has_password: false },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, emailTaken, mailDisabled)
  async inviteAccount(
    @Body({ schema: invitationSchema }) body: Invitation,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.creation.invite(body, actorId, context));
  }

  @Get('accounts/:id')
  @ApiOperation({ summary: 'Get an account', description: 'For admins.' })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(...adminProblems, accountNotFound)
  async getAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.admin.view(id, actorId, context));
  }

  @Put('accounts/:id/roles')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Set an account’s roles',
    description: 'For admins. This service applies them at once, other services from the next access token.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, accountNotFound, lastAdmin)
  async setRoles(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Body({ schema: rolesSchema }) body: z.output<typeof rolesSchema>,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.admin.setRoles(id, body.roles, actorId, context));
  }

  @Post('accounts/:id/disable')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Disable an account',
    description: 'For admins. Ends its sessions and links in mails at once. A login fails as with a wrong password.',
  })
  @ApiResponse({ status: 204, description: 'The account is disabled.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound, lastAdmin)
  disableAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.admin.disable(id, actorId, context);
  }

  @Post('accounts/:id/enable')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({ summary: 'Enable an account', description: 'For admins. Its owner can log in again.' })
  @ApiResponse({ status: 204, description: 'The account is enabled.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound)
  enableAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.admin.enable(id, actorId, context);
  }

  @Post('accounts/:id/password-reset')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Force a password reset',
    description:
      'For admins. Removes the password, passkeys and identities, ends all sessions and all links that were mailed before, and ' +
      'sends the owner a link to set a new password, which must differ. Authenticator app and recovery codes stay.',
  })
  @ApiResponse({ status: 204, description: 'The e-mail is queued.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound, lastAdmin, mailDisabled)
  forcePasswordReset(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.admin.forcePasswordReset(id, actorId, context);
  }

  @Delete('accounts/:id/mfa')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Reset an account’s second factors',
    description: 'For admins. Removes authenticator app, recovery codes and passkeys, and ends all sessions.',
  })
  @ApiResponse({ status: 204, description: 'The owner logs in with the password alone.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound)
  resetMfa(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.admin.resetMfa(id, actorId, context);
  }

  @Delete('accounts/:id/sessions')
  @HttpCode(204)
  @ApiOperation({ summary: 'End all sessions of an account', description: 'For admins.' })
  @ApiResponse({ status: 204, description: 'The sessions have ended.' })
  @ApiProblems(...adminProblems, accountNotFound)
  revokeSessions(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.admin.revokeSessions(id, actorId, context);
  }

  @Delete('accounts/:id')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an account', description: 'For admins. It can’t be undone.' })
  @ApiResponse({ status: 204, description: 'The account and its sessions are deleted.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound, lastAdmin)
  deleteAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.admin.delete(id, actorId, context);
  }
}
