import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  lacks,
  type Principal,
  problems,
  Public,
  type RequestContext,
  RequireMfa,
  RequireRecentLogin,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { reauthenticationProblems } from '../../accounts/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { RotatesBrowserSession } from '../../sessions/index.ts';
import { loginRefused, tokensExample, tokensSchema } from '../../sessions/index.ts';
import { emailUnverified, replyWithLogin } from '../completion/index.ts';
import { lastLoginMethod } from '../index.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import { passkeyInvalid, passkeyNotFound, passkeyRefused, passkeyTaken, tooManyPasskeys } from './passkeys.problems.ts';
import {
  creationOptionsExample,
  creationOptionsSchema,
  passkeyCreationSchema,
  passkeyExample,
  passkeyIdSchema,
  passkeyListSchema,
  passkeyLoginSchema,
  passkeyRegistrationSchema,
  passkeyRemovalSchema,
  passkeyRenamingSchema,
  passkeySchema,
  requestOptionsExample,
  requestOptionsSchema,
  type OwnPassword,
  type PasskeyLogin,
  type PasskeyRegistration,
} from './passkeys.schema.ts';
import { PasskeysService } from './passkeys.service.ts';

/**
 * Maximum age of a multi-factor authentication. It applies only to sessions that have one, as all sessions of an account with a
 * second factor do.
 */
const recentMfa = { maxAgeSeconds: 300, onlyIfProved: true };

/** An account without a password takes a recent login instead. */
const recentUnlessPassword = { ifBody: lacks('password') };

/** Logging in by passkey, and managing the passkeys of the caller's account. */
@ApiTags('passkeys')
@Controller('auth')
export class PasskeysController {
  constructor(
    private readonly logins: PasskeyLoginService,
    private readonly passkeys: PasskeysService,
  ) {}

  @Public()
  @Post('login/passkey/options')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Start a login with a passkey',
    description: 'Returns a challenge, valid once within 5 minutes. The passkey that signs it identifies the account.',
  })
  @ApiResponse({
    status: 200,
    description: 'The options for the authenticator.',
    standardSchema: requestOptionsSchema,
    example: requestOptionsExample,
  })
  @ApiProblems(problems.validationFailed)
  passkeyLoginOptions() {
    return this.logins.requestOptions();
  }

  @Public()
  @Post('login/passkey')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in with a passkey',
    description: 'Starts a session. A passkey counts as more than one factor, so no second factor is required.',
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens.',
    standardSchema: tokensSchema,
    example: tokensExample,
  })
  @ApiProblems(...bodyProblems, passkeyInvalid, loginRefused, emailUnverified, tooManyAttempts)
  async loginByPasskey(
    @Body({ schema: passkeyLoginSchema }) body: PasskeyLogin,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.logins.login(body, cookies, context));
  }

  @Post('passkey-options')
  @HttpCode(200)
  @RequireMfa(recentMfa)
  @RequireRecentLogin(recentUnlessPassword)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Start the registration of a passkey',
    description:
      'Requires the password again or, for an account without one, a recent login. If the account has a second factor, it must ' +
      'have been verified within the last 5 minutes. Returns a challenge, valid once within 5 minutes.',
  })
  @ApiResponse({
    status: 200,
    description: 'The options for the authenticator.',
    standardSchema: creationOptionsSchema,
    example: creationOptionsExample,
  })
  @ApiProblems(...bodyProblems, ...tokenProblems, ...reauthenticationProblems)
  passkeyCreationOptions(
    @Body({ schema: passkeyCreationSchema }) { password }: OwnPassword,
    @CurrentPrincipal() principal: Principal,
  ) {
    return this.passkeys.creationOptions(principal, password);
  }

  @Post('passkeys')
  @RotatesBrowserSession()
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Register a passkey',
    description:
      'Requires the credential that the authenticator created. The authenticator must have verified its user.',
  })
  @ApiResponse({ status: 201, description: 'The passkey.', standardSchema: passkeySchema, example: passkeyExample })
  @ApiProblems(...bodyProblems, ...tokenProblems, passkeyTaken, tooManyPasskeys, passkeyRefused)
  registerPasskey(
    @Body({ schema: passkeyRegistrationSchema }) body: PasskeyRegistration,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.passkeys.register(principal, body, context);
  }

  @Get('passkeys')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'List the passkeys', description: 'The passkeys of the caller’s account.' })
  @ApiResponse({
    status: 200,
    description: 'The passkeys.',
    standardSchema: passkeyListSchema,
    example: { passkeys: [passkeyExample] },
  })
  @ApiProblems(...callerProblems)
  listPasskeys(@CurrentPrincipal() principal: Principal) {
    return this.passkeys.list(principal.accountId);
  }

  @Patch('passkeys/:id')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Rename a passkey', description: 'Only its owner sees the name.' })
  @ApiResponse({ status: 200, description: 'The passkey.', standardSchema: passkeySchema, example: passkeyExample })
  @ApiProblems(...bodyProblems, ...tokenProblems, passkeyNotFound)
  renamePasskey(
    @Param('id', { schema: passkeyIdSchema }) id: string,
    @Body({ schema: passkeyRenamingSchema }) { name }: { name: string },
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.passkeys.rename(principal, id, name, context);
  }

  @Delete('passkeys/:id')
  @HttpCode(204)
  @RotatesBrowserSession()
  @RequireMfa(recentMfa)
  @RequireRecentLogin(recentUnlessPassword)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Delete a passkey',
    description:
      'Requires the password again or, for an account without one, a recent login. If the account has a second factor, it must ' +
      'have been verified within the last 5 minutes. Fails if it is the account’s last way to log in.',
  })
  @ApiResponse({ status: 204, description: 'The passkey can no longer log in.' })
  @ApiProblems(...bodyProblems, ...tokenProblems, ...reauthenticationProblems, passkeyNotFound, lastLoginMethod)
  deletePasskey(
    @Param('id', { schema: passkeyIdSchema }) id: string,
    @Body({ schema: passkeyRemovalSchema }) { password }: OwnPassword,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.passkeys.remove(principal, id, password, context);
  }
}
