import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  OptionalAuth,
  problems,
  Public,
  type Principal,
  type RequestContext,
} from '#common';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { EmailLinkRequestsService } from '../email-link-requests/index.ts';
import { passwordIncorrect } from '../index.ts';
import {
  verificationConfirmationSchema,
  verificationRequestSchema,
  type VerificationConfirmation,
} from './email-verification.schema.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Verification of an account's e-mail address. */
@ApiTags('email')
@Controller('auth/email-verification')
export class EmailVerificationController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly linkRequests: EmailLinkRequestsService,
  ) {}

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
  @Post('request')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Request the verification e-mail without a session',
    description:
      'For people whose login responds with `email_unverified`. Sends the e-mail if an account has this e-mail address and ' +
      'has not verified it. The response is the same if not.',
  })
  @ApiResponse({ status: 202, description: 'If the account exists and is not verified, an e-mail is queued.' })
  @ApiProblems(...bodyProblems, tooManyAttempts, mailDisabled)
  requestVerification(
    @Body({ schema: verificationRequestSchema }) body: z.output<typeof verificationRequestSchema>,
    @Context() context: RequestContext,
  ) {
    return this.linkRequests.request('email_verification', body.email, context);
  }

  @OptionalAuth()
  @Post('confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Confirm the e-mail address',
    description:
      'Requires the token from the e-mail. The token is valid once. Send the access token of a session of the account or its password as well. ' +
      'Without them, anybody could have registered the account with this e-mail address: the password, sessions, passkeys, identities ' +
      'and second factors are removed, and the owner sets a new password by a password reset.',
  })
  @ApiBearerAuth()
  @ApiSecurity({})
  @ApiResponse({ status: 204, description: 'The e-mail address is verified.' })
  @ApiProblems(
    ...bodyProblems,
    problems.tokenExpired,
    problems.tokenInvalid,
    oneTimeTokenInvalid,
    passwordIncorrect,
    tooManyAttempts,
    hashQueueFull,
  )
  confirmEmail(
    @Body({ schema: verificationConfirmationSchema }) body: VerificationConfirmation,
    @CurrentPrincipal() caller: Principal | undefined,
    @Context() context: RequestContext,
  ) {
    return this.verification.confirm(body, caller, context);
  }
}
