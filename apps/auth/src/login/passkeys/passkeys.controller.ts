import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  Public,
  type RequestContext,
  RequireMfa,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { passwordIncorrect } from '../../accounts/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { loginRefused, tokensExample, tokensSchema } from '../../sessions/index.ts';
import { replyWithLogin } from '../password/index.ts';
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
  type PasskeyLogin,
  type PasskeyRegistration,
} from './passkeys.schema.ts';
import { PasskeysService } from './passkeys.service.ts';

/** Sessions that proved more than one factor must have done so this recently; of an account with a second one all did. */
const recentMfa = { maxAgeSeconds: 300, onlyIfProved: true };

const passwordProblems = [passwordIncorrect, tooManyAttempts, hashQueueFull];

/** Passkeys: logging in by them, and what an account does with its own. */
@ApiTags('passkeys')
@Controller('auth')
export class PasskeysController {
  constructor(private readonly passkeys: PasskeysService) {}

  @Public()
  @Post('login/passkey/options')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Begin a login by passkey',
    description: 'Gives a challenge, good once within 5 minutes. It is for any account: the passkey says which.',
  })
  @ApiResponse({
    status: 200,
    description: 'What to ask the authenticator for.',
    standardSchema: requestOptionsSchema,
    example: requestOptionsExample,
  })
  @ApiProblems(problems.validationFailed)
  passkeyLoginOptions() {
    return this.passkeys.requestOptions();
  }

  @Public()
  @Post('login/passkey')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in by passkey',
    description: 'Starts a session. A passkey is more than one factor: no further one is asked for.',
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens.',
    standardSchema: tokensSchema,
    example: tokensExample,
  })
  @ApiProblems(...bodyProblems, passkeyInvalid, loginRefused, tooManyAttempts)
  async loginByPasskey(
    @Body({ schema: passkeyLoginSchema }) body: PasskeyLogin,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.passkeys.login(body, cookies, context));
  }

  @Post('passkey-options')
  @HttpCode(200)
  @RequireMfa(recentMfa)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Begin the registration of a passkey',
    description:
      'Asks for the password again, and for a second factor proved within 5 minutes where the account has one. Gives a ' +
      'challenge, good once within 5 minutes.',
  })
  @ApiResponse({
    status: 200,
    description: 'What to ask the authenticator for.',
    standardSchema: creationOptionsSchema,
    example: creationOptionsExample,
  })
  @ApiProblems(...bodyProblems, ...tokenProblems, problems.mfaRequired, ...passwordProblems)
  passkeyCreationOptions(
    @Body({ schema: passkeyCreationSchema }) { password }: { password: string },
    @CurrentPrincipal() principal: Principal,
  ) {
    return this.passkeys.creationOptions(principal, password);
  }

  @Post('passkeys')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Register a passkey',
    description: 'Takes what the authenticator made. It must have verified its user.',
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
  @ApiOperation({ summary: 'List the passkeys', description: 'Those of the caller’s account.' })
  @ApiResponse({
    status: 200,
    description: 'The passkeys.',
    standardSchema: passkeyListSchema,
    example: { passkeys: [passkeyExample] },
  })
  @ApiProblems(problems.validationFailed, ...tokenProblems, problems.databaseUnavailable)
  listPasskeys(@CurrentPrincipal() principal: Principal) {
    return this.passkeys.list(principal);
  }

  @Patch('passkeys/:id')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Rename a passkey', description: 'The name is for its owner alone.' })
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
  @RequireMfa(recentMfa)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Delete a passkey',
    description:
      'Asks for the password again, and for a second factor proved within 5 minutes where the account has one.',
  })
  @ApiResponse({ status: 204, description: 'Nobody can log in by it any more.' })
  @ApiProblems(...bodyProblems, ...tokenProblems, problems.mfaRequired, passkeyNotFound, ...passwordProblems)
  deletePasskey(
    @Param('id', { schema: passkeyIdSchema }) id: string,
    @Body({ schema: passkeyRemovalSchema }) { password }: { password: string },
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.passkeys.remove(principal, id, password, context);
  }
}
