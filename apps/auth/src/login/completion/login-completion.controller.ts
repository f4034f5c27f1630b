import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { loginRefused, tokensExample, tokensSchema } from '../../sessions/index.ts';
import { mfaAnswerSchema, mfaCodeInvalid, mfaTokenInvalid, type MfaAnswer } from '../mfa/index.ts';
import { emailUnverified } from './login-completion.problems.ts';
import { LoginCompletionService } from './login-completion.service.ts';
import { replyWithLogin } from './login-reply.ts';

/** The second step of a login. */
@ApiTags('sessions')
@Controller('auth/login')
export class LoginCompletionController {
  constructor(private readonly completion: LoginCompletionService) {}

  @Public()
  @Post('mfa')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete a login with a second factor',
    description:
      'Starts the session of a login whose response was `mfa_required`. The MFA token expires after 5 minutes or 5 attempts.',
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens.',
    standardSchema: tokensSchema,
    example: tokensExample,
  })
  @ApiProblems(...bodyProblems, mfaTokenInvalid, loginRefused, emailUnverified, mfaCodeInvalid, tooManyAttempts)
  async completeLogin(
    @Body({ schema: mfaAnswerSchema }) body: MfaAnswer,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.completion.completeByMfa(body, context));
  }
}
