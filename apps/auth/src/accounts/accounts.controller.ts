import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  Public,
  type RequestContext,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../passwords/index.ts';
import { emailTaken, passwordIncorrect } from './accounts.problems.ts';
import {
  accountDeletionSchema,
  accountExample,
  accountSchema,
  passwordChangeSchema,
  registrationSchema,
} from './accounts.schema.ts';
import { AccountsService } from './accounts.service.ts';

const passwordProblems = [tooManyAttempts, hashQueueFull];

/** Registration, and what an account's owner does with it. */
@ApiTags('accounts')
@Controller('auth')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Public()
  @Post('register')
  @ApiOperation({
    summary: 'Register',
    description:
      'Makes an account. The address is unique without regard to case; the password must not be easy to guess.',
  })
  @ApiResponse({ status: 201, description: 'The new account.', standardSchema: accountSchema, example: accountExample })
  @ApiProblems(...bodyProblems, emailTaken, passwordTooWeak, passwordBreached, ...passwordProblems)
  register(
    @Body({ schema: registrationSchema }) body: z.output<typeof registrationSchema>,
    @Context() context: RequestContext,
  ) {
    return this.accounts.register(body, context);
  }

  @Get('me')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Get the caller’s account',
    description: 'Asks the database, so a revoked session is refused.',
  })
  @ApiResponse({ status: 200, description: 'The account.', standardSchema: accountSchema, example: accountExample })
  @ApiProblems(problems.validationFailed, ...tokenProblems, problems.databaseUnavailable)
  getMe(@CurrentPrincipal() principal: Principal) {
    return this.accounts.view(principal);
  }

  @Put('me/password')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Change the password', description: 'Ends all other sessions of the account.' })
  @ApiResponse({ status: 204, description: 'The new password is in force.' })
  @ApiProblems(
    ...bodyProblems,
    ...tokenProblems,
    passwordIncorrect,
    passwordTooWeak,
    passwordBreached,
    ...passwordProblems,
  )
  changePassword(
    @Body({ schema: passwordChangeSchema }) body: z.output<typeof passwordChangeSchema>,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.accounts.changePassword(principal, body.current_password, body.new_password, context);
  }

  @Delete('me')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Delete the caller’s account',
    description: 'Asks for the password again. It can’t be undone.',
  })
  @ApiResponse({ status: 204, description: 'The account and its sessions are gone.' })
  @ApiProblems(...bodyProblems, ...tokenProblems, passwordIncorrect, ...passwordProblems)
  deleteMe(
    @Body({ schema: accountDeletionSchema }) body: z.output<typeof accountDeletionSchema>,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.accounts.delete(principal, body.password, context);
  }
}
