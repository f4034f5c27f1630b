import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  lacks,
  type Principal,
  problems,
  type RequestContext,
  RequireMfa,
  RequireRecentLogin,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { reauthenticationProblems } from '../../accounts/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { RotatesBrowserSession } from '../../sessions/index.ts';
import { ApiDeviceCookie, replyWithDevice } from '../../sessions/device-cookie/index.ts';
import { accessTokenExample, accessTokenSchema } from '../../sessions/index.ts';
import { mfaCodeInvalid, totpEnrolled, totpNotEnrolled } from './mfa.problems.ts';
import {
  mfaStatusExample,
  mfaStatusSchema,
  recoveryCodesExample,
  recoveryCodesSchema,
  stepUpSchema,
  totpConfirmationSchema,
  totpEnrolmentSchema,
  totpRemovalSchema,
  totpSetupExample,
  totpSetupSchema,
  type OwnPassword,
} from './mfa.schema.ts';
import { MfaChallengesService } from './mfa-challenges.service.ts';
import { MfaService } from './mfa.service.ts';
import { TotpEnrolmentService } from './totp-enrolment.service.ts';

/** Maximum age of the authentication by a second factor, to change second factors. */
const maxAgeSeconds = 300;

/** An account without a password takes a recent login instead. */
const recentUnlessPassword = { ifBody: lacks('password') };

/** The second factors of the caller's account. */
@ApiTags('mfa')
@ApiBearerAuth()
@Controller('auth/mfa')
export class MfaController {
  constructor(
    private readonly mfa: MfaService,
    private readonly enrolment: TotpEnrolmentService,
    private readonly challenges: MfaChallengesService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Get the second factors', description: 'Lists the second factors that a login asks for.' })
  @ApiResponse({
    status: 200,
    description: 'The second factors.',
    standardSchema: mfaStatusSchema,
    example: mfaStatusExample,
  })
  @ApiProblems(...callerProblems)
  getMfa(@CurrentPrincipal() principal: Principal) {
    return this.mfa.status(principal);
  }

  @Post('totp')
  @RequireRecentLogin(recentUnlessPassword)
  @ApiOperation({
    summary: 'Start to enrol an authenticator app',
    description:
      'Requires the password again or, for an account without one, a recent login. Returns a secret for an app that generates ' +
      'codes by RFC 6238. A code must confirm it within 15 minutes; until then logins do not ask for codes.',
  })
  @ApiResponse({ status: 201, description: 'The secret.', standardSchema: totpSetupSchema, example: totpSetupExample })
  @ApiProblems(...callerProblems, ...bodyProblems, ...reauthenticationProblems, totpEnrolled)
  enrolTotp(
    @Body({ schema: totpEnrolmentSchema }) { password }: OwnPassword,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.enrolment.begin(principal, password, context);
  }

  @Post('totp/confirm')
  @HttpCode(200)
  @RotatesBrowserSession()
  @ApiDeviceCookie()
  @ApiOperation({
    summary: 'Confirm the authenticator app',
    description: 'Logins ask for a second factor from now on. All other sessions of the account end.',
  })
  @ApiResponse({
    status: 200,
    description: 'The recovery codes.',
    standardSchema: recoveryCodesSchema,
    example: recoveryCodesExample,
  })
  @ApiProblems(...callerProblems, ...bodyProblems, mfaCodeInvalid, tooManyAttempts)
  async confirmTotp(
    @Body({ schema: totpConfirmationSchema }) { code }: { code: string },
    @CurrentPrincipal() principal: Principal,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { codes, deviceCookie } = await this.enrolment.confirm(principal, code, cookies, context);
    replyWithDevice(reply, deviceCookie);
    return codes;
  }

  @Delete('totp')
  @HttpCode(204)
  @RotatesBrowserSession()
  @RequireMfa({ maxAgeSeconds })
  @RequireRecentLogin(recentUnlessPassword)
  @ApiDeviceCookie()
  @ApiOperation({
    summary: 'Remove the authenticator app',
    description:
      'Requires the password again if the account has one, and a second factor verified within the last 5 minutes. Removes the recovery codes too.',
  })
  @ApiResponse({ status: 204, description: 'Logins no longer ask for a second factor.' })
  @ApiProblems(...callerProblems, ...bodyProblems, ...reauthenticationProblems, totpNotEnrolled)
  async disableTotp(
    @Body({ schema: totpRemovalSchema }) { password }: OwnPassword,
    @CurrentPrincipal() principal: Principal,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    replyWithDevice(reply, await this.enrolment.remove(principal, password, cookies, context));
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @RotatesBrowserSession()
  @RequireMfa({ maxAgeSeconds })
  @ApiOperation({
    summary: 'Replace the recovery codes',
    description: 'Requires a second factor verified within the last 5 minutes. Earlier codes become invalid.',
  })
  @ApiResponse({
    status: 200,
    description: 'The new codes.',
    standardSchema: recoveryCodesSchema,
    example: recoveryCodesExample,
  })
  @ApiProblems(...callerProblems, problems.mfaRequired, totpNotEnrolled)
  regenerateRecoveryCodes(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.enrolment.replaceRecoveryCodes(principal, context);
  }

  @Post('step-up')
  @HttpCode(200)
  @RotatesBrowserSession()
  @ApiOperation({
    summary: 'Verify a second factor again',
    description:
      'For routes that respond with `mfa_required` (RFC 9470). Sets `auth_time` of the session’s access tokens to now. The ' +
      'refresh token stays the same.',
  })
  @ApiResponse({
    status: 200,
    description: 'A new access token.',
    standardSchema: accessTokenSchema,
    example: accessTokenExample,
  })
  @ApiProblems(...callerProblems, ...bodyProblems, mfaCodeInvalid, totpNotEnrolled, tooManyAttempts)
  stepUp(
    @Body({ schema: stepUpSchema }) { code }: { code: string },
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.challenges.stepUp(principal, code, context);
  }
}
