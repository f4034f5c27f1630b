import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../../passwords/index.ts';
import { passwordResetRequestSchema, passwordResetSchema } from './password-reset.schema.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** A new password by mail. */
@Public()
@ApiTags('email')
@Controller('auth/password-reset')
export class PasswordResetController {
  constructor(
    private readonly passwordReset: PasswordResetService,
    private readonly links: EmailLinksService,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Ask for a new password',
    description: 'Mails a link if there is such an account; the answer is the same if there is not.',
  })
  @ApiResponse({ status: 202, description: 'If there is such an account, a mail is on its way.' })
  @ApiProblems(...bodyProblems, tooManyAttempts, mailDisabled)
  requestPasswordReset(
    @Body({ schema: passwordResetRequestSchema }) body: z.output<typeof passwordResetRequestSchema>,
    @Context() context: RequestContext,
  ) {
    return this.links.request('password_reset', body.email, context);
  }

  @Post('confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Set the new password',
    description: 'With the token from the mail, which is good once. Ends all sessions; the address is verified by it.',
  })
  @ApiResponse({ status: 204, description: 'The new password is in force.' })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid, passwordTooWeak, passwordBreached, hashQueueFull)
  resetPassword(
    @Body({ schema: passwordResetSchema }) body: z.output<typeof passwordResetSchema>,
    @Context() context: RequestContext,
  ) {
    return this.passwordReset.confirm(body.token, body.password, context);
  }
}
