import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { confirmationSchema, type Confirmation } from '../../accounts/email-verification/index.ts';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { loginResultExamples, loginResultSchema, replyWithLogin } from '../completion/index.ts';
import { magicLinksDisabled } from './magic-link.problems.ts';
import { magicLinkRequestSchema } from './magic-link.schema.ts';
import { MagicLinkService } from './magic-link.service.ts';

/** Login with a magic link. */
@Public()
@ApiTags('email')
@Controller('auth/magic-link')
export class MagicLinkController {
  constructor(private readonly magicLinks: MagicLinkService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Request a magic link',
    description: 'Sends a link by e-mail if the account exists. The response is the same if it does not.',
  })
  @ApiResponse({ status: 202, description: 'If the account exists, an e-mail is queued.' })
  @ApiProblems(...bodyProblems, magicLinksDisabled, tooManyAttempts, mailDisabled)
  requestMagicLink(
    @Body({ schema: magicLinkRequestSchema }) body: z.output<typeof magicLinkRequestSchema>,
    @Context() context: RequestContext,
  ) {
    return this.magicLinks.request(body.email, context);
  }

  @Post('confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in with a magic link',
    description: 'Uses the token from the e-mail, which is valid once. This also verifies the e-mail address.',
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens, or a challenge for a second factor.',
    standardSchema: loginResultSchema,
    examples: loginResultExamples,
  })
  @ApiProblems(...bodyProblems, magicLinksDisabled, oneTimeTokenInvalid)
  async logInByMagicLink(
    @Body({ schema: confirmationSchema }) body: Confirmation,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.magicLinks.confirm(body.token, cookies, context));
  }
}
