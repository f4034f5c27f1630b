import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  Public,
  recentLoginProblems,
  RequireRecentLogin,
  type RequestContext,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../passwords/index.ts';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { AccountPasswordsService } from './account-passwords.service.ts';
import { emailTaken, lastAdmin, passwordIncorrect } from './accounts.problems.ts';
import {
  accountDeletionSchema,
  accountExample,
  accountSchema,
  passwordChangeSchema,
  registrationSchema,
  toAccountView,
  type PasswordChange,
} from './accounts.schema.ts';
import { AccountsService } from './accounts.service.ts';
import { RegistrationService } from './registration.service.ts';

const passwordProblems = [tooManyAttempts, hashQueueFull];

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
      'Creates an account. The e-mail address is unique without regard to case. The password must not be easy to guess.',
  })
  @ApiResponse({ status: 201, description: 'The new account.', standardSchema: accountSchema, example: accountExample })
  @ApiProblems(...bodyProblems, emailTaken, passwordTooWeak, passwordBreached, ...passwordProblems)
  async register(
    @Body({ schema: registrationSchema }) body: z.output<typeof registrationSchema>,
    @Context() context: RequestContext,
  ) {
    return toAccountView(await this.registration.register(body, context));
  }

  @Get('me')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Get the caller’s account',
    description: 'Reads the database, so that a revoked session is rejected.',
  })
  @ApiResponse({ status: 200, description: 'The account.', standardSchema: accountSchema, example: accountExample })
  @ApiProblems(...callerProblems)
  async getMe(@CurrentPrincipal() principal: Principal) {
    return toAccountView(await this.accounts.view(principal));
  }

  @Put('me/password')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Change the password',
    description:
      'Ends all other sessions of the account, and links that were mailed before. No other device stays a known one.',
  })
  @ApiHeader({
    name: 'cookie',
    required: false,
    description: 'the `device` cookie of an earlier login, which is replaced',
    schema: { type: 'string' },
  })
  @ApiResponse({ status: 204, description: 'The new password is set.' })
  @ApiProblems(
    ...bodyProblems,
    ...tokenProblems,
    passwordIncorrect,
    passwordTooWeak,
    passwordBreached,
    ...passwordProblems,
  )
  async changePassword(
    @Body({ schema: passwordChangeSchema }) body: PasswordChange,
    @CurrentPrincipal() principal: Principal,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const deviceCookie = await this.passwords.change(principal, body, cookies, context);
    if (deviceCookie !== undefined) {
      reply.header('set-cookie', deviceCookie);
    }
  }

  @Delete('me')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Delete the caller’s account',
    description: 'Requires the password. It can’t be undone. The last active admin can’t be deleted.',
  })
  @ApiResponse({ status: 204, description: 'The account and its sessions are deleted.' })
  @ApiProblems(
    ...bodyProblems,
    ...tokenProblems,
    ...recentLoginProblems,
    passwordIncorrect,
    lastAdmin,
    ...passwordProblems,
  )
  deleteMe(
    @Body({ schema: accountDeletionSchema }) body: z.output<typeof accountDeletionSchema>,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.accounts.delete(principal, body.password, context);
  }
}
