import { ApiProblems, Context, CurrentPrincipal, problems, Public, type Principal, type RequestContext } from '#common';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { confirmationSchema, type Confirmation } from './email-verification.schema.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Proving that one gets mails at an address. */
@ApiTags('email')
@Controller('auth/email-verification')
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerificationService) {}

  @Post()
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Send the verification mail again',
    description: 'Registration sends the first one. Nothing is sent where the address is verified.',
  })
  @ApiResponse({ status: 202, description: 'The mail is on its way.' })
  @ApiProblems(
    problems.validationFailed,
    problems.tokenMissing,
    problems.tokenInvalid,
    problems.tokenExpired,
    tooManyAttempts,
    problems.databaseUnavailable,
    mailDisabled,
  )
  resendVerification(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.verification.resend(principal, context);
  }

  @Public()
  @Post('confirm')
  @HttpCode(204)
  @ApiOperation({ summary: 'Confirm the address', description: 'With the token from the mail, which is good once.' })
  @ApiResponse({ status: 204, description: 'The address is verified.' })
  @ApiProblems(
    problems.validationFailed,
    problems.malformedJson,
    oneTimeTokenInvalid,
    problems.bodyTooLarge,
    problems.unsupportedMediaType,
    problems.databaseUnavailable,
  )
  confirmEmail(@Body({ schema: confirmationSchema }) body: Confirmation, @Context() context: RequestContext) {
    return this.verification.confirm(body.token, context);
  }
}
