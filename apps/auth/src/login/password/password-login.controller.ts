import { ApiProblems, Context, problems, Public, type RequestContext } from '#common';
import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { mfaAnswerSchema, mfaCodeInvalid, mfaTokenInvalid, type MfaAnswer } from '../mfa/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { loginRefused, tokensExample, tokensSchema } from '../../sessions/index.ts';
import { AdmitLogins } from './login-admission.ts';
import { credentialsInvalid } from './password-login.problems.ts';
import { loginResultExamples, loginResultSchema, loginSchema, type Credentials } from './password-login.schema.ts';
import { replyWithLogin, LoginService } from './password-login.service.ts';

/** Logging in. */
@ApiTags('sessions')
@Controller('auth')
export class PasswordLoginController {
  constructor(private readonly logins: LoginService) {}

  @Public()
  @AdmitLogins()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in',
    description:
      'Starts a session. After failures each further attempt must wait; a device that the account has logged in on before, ' +
      'known by the cookie that a login sets, waits only for failures of its own.',
  })
  @ApiHeader({
    name: 'cookie',
    required: false,
    description: 'the `device` cookie of an earlier login',
    schema: { type: 'string' },
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens, or, where a second factor is asked for, what to send it with.',
    standardSchema: loginResultSchema,
    examples: loginResultExamples,
  })
  @ApiProblems(
    problems.validationFailed,
    problems.malformedJson,
    credentialsInvalid,
    loginRefused,
    problems.bodyTooLarge,
    problems.unsupportedMediaType,
    tooManyAttempts,
    hashQueueFull,
    problems.databaseUnavailable,
  )
  async login(
    @Body({ schema: loginSchema }) body: Credentials,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.logins.login(body, cookies, context));
  }

  @Public()
  @Post('login/mfa')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete a login by a second factor',
    description:
      'Starts the session that a login with `mfa_required` did not. A login’s token is good for 5 minutes and 5 codes.',
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens.',
    standardSchema: tokensSchema,
    example: tokensExample,
  })
  @ApiProblems(
    problems.validationFailed,
    problems.malformedJson,
    mfaTokenInvalid,
    loginRefused,
    mfaCodeInvalid,
    problems.bodyTooLarge,
    problems.unsupportedMediaType,
    tooManyAttempts,
    problems.databaseUnavailable,
  )
  async completeLogin(
    @Body({ schema: mfaAnswerSchema }) body: MfaAnswer,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.logins.completeByMfa(body, context));
  }
}
