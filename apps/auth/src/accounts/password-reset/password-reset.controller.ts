import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../../passwords/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { EmailLinkRequestsService } from '../email-link-requests/index.ts';
import { passwordReused } from '../index.ts';
import { passwordResetRequestSchema, passwordResetSchema } from './password-reset.schema.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** Password reset by e-mail. */
@Public()
@ApiTags('email')
@Controller('auth/password-reset')
export class PasswordResetController {
  constructor(
    private readonly passwordReset: PasswordResetService,
    private readonly linkRequests: EmailLinkRequestsService,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Request a password reset',
    description: 'Sends a link if the account exists. The response is the same if it does not.',
  })
  @ApiResponse({ status: 202, description: 'If the account exists, an e-mail is queued.' })
  @ApiProblems(...bodyProblems, tooManyAttempts, mailDisabled)
  requestPasswordReset(
    @Body({ schema: passwordResetRequestSchema }) body: z.output<typeof passwordResetRequestSchema>,
    @Context() context: RequestContext,
  ) {
    return this.linkRequests.request('password_reset', body.email, context);
  }

  @Post('confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Set a new password',
    description:
      'Requires the token from the e-mail. The token is valid once. Verifies the e-mail address, and ends all sessions and other links. If the ' +
      'e-mail address was not verified before, everything else that opens the account is removed: passkeys, identities, second factors. ' +
      'After a reset that an admin has forced, the old password can’t be set again.',
  })
  @ApiResponse({ status: 204, description: 'The new password is set.' })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid, passwordTooWeak, passwordBreached, passwordReused, hashQueueFull)
  resetPassword(
    @Body({ schema: passwordResetSchema }) body: z.output<typeof passwordResetSchema>,
    @Context() context: RequestContext,
  ) {
    return this.passwordReset.confirm(body.token, body.password, context);
  }
}
