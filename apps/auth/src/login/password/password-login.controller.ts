import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { hashQueueFull } from '../../passwords/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { loginRefused } from '../../sessions/index.ts';
import { emailUnverified, loginResultExamples, loginResultSchema, replyWithLogin } from '../completion/index.ts';
import { AdmitLogins } from './login-admission.ts';
import { credentialsInvalid } from './password-login.problems.ts';
import { loginSchema, type Credentials } from './password-login.schema.ts';
import { PasswordLoginService } from './password-login.service.ts';

/** Logging in by e-mail address and password. */
@ApiTags('sessions')
@Controller('auth')
export class PasswordLoginController {
  constructor(private readonly logins: PasswordLoginService) {}

  @Public()
  @AdmitLogins()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in',
    description:
      'Starts a session. After several failures each further attempt is delayed. A login sets the cookie `device`: on a ' +
      'device that sends it, only failures on that device count.',
  })
  @ApiHeader({
    name: 'cookie',
    required: false,
    description: 'the `device` cookie of an earlier login',
    schema: { type: 'string' },
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens, or a challenge for a second factor.',
    standardSchema: loginResultSchema,
    examples: loginResultExamples,
  })
  @ApiProblems(...bodyProblems, credentialsInvalid, loginRefused, emailUnverified, tooManyAttempts, hashQueueFull)
  async login(
    @Body({ schema: loginSchema }) body: Credentials,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.logins.login(body, cookies, context));
  }
}
