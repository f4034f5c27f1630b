import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { EmailLinkRequestsService } from '../../accounts/email-link-requests/index.ts';
import { confirmationSchema, type Confirmation } from '../../accounts/email-verification/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { loginResultExamples, loginResultSchema, replyWithLogin } from '../password/index.ts';
import { magicLinkRequestSchema } from './magic-link.schema.ts';
import { MagicLinkService } from './magic-link.service.ts';

/** Logging in by mail. */
@Public()
@ApiTags('email')
@Controller('auth/magic-link')
export class MagicLinkController {
  constructor(
    private readonly magicLinks: MagicLinkService,
    private readonly linkRequests: EmailLinkRequestsService,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Ask for a link to log in',
    description: 'Mails a link if there is such an account; the answer is the same if there is not.',
  })
  @ApiResponse({ status: 202, description: 'If there is such an account, a mail is on its way.' })
  @ApiProblems(...bodyProblems, tooManyAttempts, mailDisabled)
  requestMagicLink(
    @Body({ schema: magicLinkRequestSchema }) body: z.output<typeof magicLinkRequestSchema>,
    @Context() context: RequestContext,
  ) {
    return this.linkRequests.request('magic_link', body.email, context);
  }

  @Post('confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in by the link',
    description: 'With the token from the mail, which is good once. The address is verified by it.',
  })
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens, or, where a second factor is asked for, what to send it with.',
    standardSchema: loginResultSchema,
    examples: loginResultExamples,
  })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid)
  async logInByMagicLink(
    @Body({ schema: confirmationSchema }) body: Confirmation,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.magicLinks.confirm(body.token, cookies, context));
  }
}
