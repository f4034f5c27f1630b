import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  Public,
  type Principal,
  type RequestContext,
} from '#common';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { confirmationSchema, type Confirmation } from './email-verification.schema.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Verification of an account's e-mail address. */
@ApiTags('email')
@Controller('auth/email-verification')
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerificationService) {}

  @Post()
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Resend the verification e-mail',
    description: 'Registration sends the first one. Sends nothing if the e-mail address is verified.',
  })
  @ApiResponse({ status: 202, description: 'The e-mail is queued.' })
  @ApiProblems(...callerProblems, tooManyAttempts, mailDisabled)
  resendVerification(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.verification.resend(principal, context);
  }

  @Public()
  @Post('confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Confirm the e-mail address',
    description: 'Requires the token from the e-mail. The token is valid once.',
  })
  @ApiResponse({ status: 204, description: 'The e-mail address is verified.' })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid)
  confirmEmail(@Body({ schema: confirmationSchema }) body: Confirmation, @Context() context: RequestContext) {
    return this.verification.confirm(body.token, context);
  }
}
