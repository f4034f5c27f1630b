import { ApiProblems, Context, problems, Public, type RequestContext } from '#common';
import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { tooManyAttempts } from '../attempts/index.ts';
import { hashQueueFull } from '../passwords/index.ts';
import { signInRefused, tokensExample, tokensSchema } from '../sessions/index.ts';
import { credentialsInvalid } from './sign-in.problems.ts';
import { loginSchema, type Credentials } from './sign-in.schema.ts';
import { SignInService } from './sign-in.service.ts';

/** Logging in. */
@ApiTags('sessions')
@Controller('auth')
export class SignInController {
  constructor(private readonly signIn: SignInService) {}

  @Public()
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
    description: 'The session’s tokens.',
    standardSchema: tokensSchema,
    example: tokensExample,
  })
  @ApiProblems(
    problems.validationFailed,
    problems.malformedJson,
    credentialsInvalid,
    signInRefused,
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
    const { tokens, deviceCookie } = await this.signIn.login(body, cookies, context);
    reply.header('set-cookie', deviceCookie);
    return tokens;
  }
}
