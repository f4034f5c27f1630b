import {
  ApiProblems,
  bodyProblems,
  type Caller,
  Context,
  CurrentCaller,
  CurrentPrincipal,
  type Principal,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  Roles,
  Scopes,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { adminEmailUnverified, lastAdmin } from '../accounts/index.ts';
import { mailDisabled } from '../email/outbox/index.ts';
import { totpNotEnrolled } from '../login/mfa/index.ts';
import { accountNotFound, adminProblems, readerProblems, writerProblems } from './admin.problems.ts';
import {
  accountIdSchema,
  adminAccountExample,
  adminAccountSchema,
  rolesSchema,
  toAdminAccount,
} from './admin.schema.ts';
import { AdminService } from './admin.service.ts';

/** What admins do with accounts. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin')
export class AdminController {
  constructor(private readonly admin: AdminService) {}

  @Get('accounts/:id')
  @Scopes(['accounts:read'])
  @ApiOperation({
    summary: 'Get an account',
    description: 'For admins and for programs with the scope `accounts:read`.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(...readerProblems, accountNotFound)
  async getAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.admin.view(id, actor, context));
  }

  @Put('accounts/:id/roles')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Set an account’s roles',
    description:
      'For admins. This service applies them at once, other services from the next access token. A new admin needs a verified e-mail address.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(
    ...adminProblems,
    ...recentLoginProblems,
    ...bodyProblems,
    accountNotFound,
    lastAdmin,
    adminEmailUnverified,
  )
  async setRoles(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Body({ schema: rolesSchema }) body: z.output<typeof rolesSchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.admin.setRoles(id, body.roles, actor, context));
  }

  @Post('accounts/:id/disable')
  @Scopes(['accounts:write'])
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Disable an account',
    description:
      'For admins and for programs with the scope `accounts:write`. Ends its sessions and links in mails at once. A login fails as with a wrong password.',
  })
  @ApiResponse({ status: 204, description: 'The account is disabled.' })
  @ApiProblems(...writerProblems, ...recentLoginProblems, accountNotFound, lastAdmin)
  disableAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return this.admin.disable(id, actor, context);
  }

  @Post('accounts/:id/enable')
  @Scopes(['accounts:write'])
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Enable an account',
    description: 'For admins and for programs with the scope `accounts:write`. Its owner can log in again.',
  })
  @ApiResponse({ status: 204, description: 'The account is enabled.' })
  @ApiProblems(...writerProblems, ...recentLoginProblems, accountNotFound)
  enableAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return this.admin.enable(id, actor, context);
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
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.admin.forcePasswordReset(id, actor, context);
  }

  @Delete('accounts/:id/mfa')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Reset an account’s second factors',
    description: 'For admins. Removes authenticator app, recovery codes and passkeys, and ends all sessions.',
  })
  @ApiResponse({ status: 204, description: 'The owner logs in with the password alone.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound, lastAdmin)
  resetMfa(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.admin.resetMfa(id, actor, context);
  }

  @Delete('accounts/:id/mfa/totp')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove an account’s authenticator app',
    description: 'For admins. Removes the recovery codes too, keeps passkeys, and ends all sessions.',
  })
  @ApiResponse({ status: 204, description: 'Logins by password no longer ask for a second factor.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound, totpNotEnrolled)
  removeTotp(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.admin.removeTotp(id, actor, context);
  }

  @Delete('accounts/:id/sessions')
  @RequireRecentLogin({})
  @Scopes(['accounts:write'])
  @HttpCode(204)
  @ApiOperation({
    summary: 'End all sessions of an account',
    description: 'For admins and for programs with the scope `accounts:write`.',
  })
  @ApiResponse({ status: 204, description: 'The sessions have ended.' })
  @ApiProblems(...writerProblems, ...recentLoginProblems, accountNotFound)
  revokeSessions(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return this.admin.revokeSessions(id, actor, context);
  }

  @Delete('accounts/:id')
  @Scopes(['accounts:write'])
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete an account',
    description: 'For admins and for programs with the scope `accounts:write`. It can’t be undone.',
  })
  @ApiResponse({ status: 204, description: 'The account and its sessions are deleted.' })
  @ApiProblems(...writerProblems, ...recentLoginProblems, accountNotFound, lastAdmin)
  deleteAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return this.admin.delete(id, actor, context);
  }
}
