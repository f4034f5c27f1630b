import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  lacks,
  type Principal,
  Public,
  RequireRecentLogin,
  type RequestContext,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../passwords/index.ts';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { RotatesBrowserSession } from '../sessions/index.ts';
import { ApiDeviceCookie, replyWithDevice } from '../sessions/device-cookie/index.ts';
import { AccountPasswordsService } from './account-passwords.service.ts';
import { emailTaken, lastAdmin, passwordReused, registrationClosed } from './accounts.problems.ts';
import {
  accountDeletionSchema,
  accountExample,
  accountSchema,
  ownAccountExample,
  ownAccountSchema,
  passwordChangeSchema,
  registrationSchema,
  toAccountView,
  toOwnAccountView,
  type PasswordChange,
  type Registration,
} from './accounts.schema.ts';
import { AccountsService } from './accounts.service.ts';
import { profileChangeSchema, type ProfileChange } from './profile.schema.ts';
import { reauthenticationProblems } from './reauthentication.service.ts';
import { RegistrationService } from './registration.service.ts';

/** Registration, and what an owner does with an account. */
@ApiTags('accounts')
@Controller('auth')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly passwords: AccountPasswordsService,
    private readonly registration: RegistrationService,
  ) {}

  @Public()
  @Post('register')
  @ApiOperation({
    summary: 'Register',
    description:
      'Creates an account. The e-mail address is unique without regard to case. The password must not be easy to guess. With ' +
      '`CONCEAL_TAKEN_EMAILS` the response does not tell whether the e-mail address was free: follow the link of the mail, then ' +
      'log in.',
  })
  @ApiResponse({ status: 201, description: 'The new account.', standardSchema: accountSchema, example: accountExample })
  @ApiResponse({ status: 202, description: 'With `CONCEAL_TAKEN_EMAILS`: an e-mail to the e-mail address is queued.' })
  @ApiProblems(
    ...bodyProblems,
    registrationClosed,
    emailTaken,
    passwordTooWeak,
    passwordBreached,
    tooManyAttempts,
    hashQueueFull,
  )
  async register(
    @Body({ schema: registrationSchema }) body: Registration,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const account = await this.registration.register(body, context);
    if (!account) {
      reply.status(202);
    }
    return account && toAccountView(account);
  }

  @Get('me')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Get the caller’s account',
    description: 'With the ways to log in to it. Reads the database, so that a revoked session is rejected.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: ownAccountSchema,
    example: ownAccountExample,
  })
  @ApiProblems(...callerProblems)
  async getMe(@CurrentPrincipal() principal: Principal) {
    return toOwnAccountView(await this.accounts.view(principal));
  }

  @Patch('me')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Change the caller’s profile',
    description:
      'What the account says about its owner. Applications that a person has allowed to see the profile find it in ID tokens and at ' +
      'userinfo; access tokens do not contain it.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: ownAccountSchema,
    example: ownAccountExample,
  })
  @ApiProblems(...bodyProblems, ...tokenProblems)
  async changeProfile(
    @Body({ schema: profileChangeSchema }) body: ProfileChange,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return toOwnAccountView(await this.accounts.changeProfile(principal, body, context));
  }

  @Put('me/password')
  @RequireRecentLogin({ ifBody: lacks('current_password') })
  @RotatesBrowserSession()
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Change the password',
    description:
      'Requires the current password. An account without one sets its first password after a recent login instead. Ends all other sessions of the account, and links that were mailed before. No other device stays a known one.',
  })
  @ApiDeviceCookie()
  @ApiResponse({ status: 204, description: 'The new password is set.' })
  @ApiProblems(
    ...bodyProblems,
    ...tokenProblems,
    ...reauthenticationProblems,
    passwordTooWeak,
    passwordBreached,
    passwordReused,
  )
  async changePassword(
    @Body({ schema: passwordChangeSchema }) body: PasswordChange,
    @CurrentPrincipal() principal: Principal,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    replyWithDevice(reply, await this.passwords.change(principal, body, cookies, context));
  }

  @Delete('me')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Delete the caller’s account',
    description:
      'Requires a recent login and, if the account has one, the password. It can’t be undone. The last active admin can’t be ' +
      'deleted.',
  })
  @ApiResponse({ status: 204, description: 'The account and its sessions are deleted.' })
  @ApiProblems(...bodyProblems, ...tokenProblems, ...reauthenticationProblems, lastAdmin)
  deleteMe(
    @Body({ schema: accountDeletionSchema }) body: z.output<typeof accountDeletionSchema>,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.accounts.delete(principal, body.password, context);
  }
}
