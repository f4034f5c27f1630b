import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  type RequestContext,
  RequireMfa,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { passwordIncorrect } from '../../accounts/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
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
} from './mfa.schema.ts';
import { MfaService } from './mfa.service.ts';

/** How recently a second factor must have been proved to change second factors. */
const maxAgeSeconds = 300;

const passwordProblems = [passwordIncorrect, tooManyAttempts, hashQueueFull];

/** What an account does with its second factors. */
@ApiTags('mfa')
@ApiBearerAuth()
@Controller('auth/mfa')
export class MfaController {
  constructor(private readonly mfa: MfaService) {}

  @Get()
  @ApiOperation({ summary: 'Get the second factors', description: 'What guards the account beside its password.' })
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
  @ApiOperation({
    summary: 'Set an authenticator app up',
    description:
      'Asks for the password again and gives a secret for an app that makes codes by RFC 6238. It guards the account ' +
      'once a code confirms it, within 15 minutes.',
  })
  @ApiResponse({ status: 201, description: 'The secret.', standardSchema: totpSetupSchema, example: totpSetupExample })
  @ApiProblems(...callerProblems, ...bodyProblems, ...passwordProblems, totpEnrolled)
  enrolTotp(
    @Body({ schema: totpEnrolmentSchema }) { password }: { password: string },
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.mfa.enrolTotp(principal, password, context);
  }

  @Post('totp/confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Confirm the authenticator app',
    description: 'From now on logins ask for a second factor. All other sessions of the account end.',
  })
  @ApiResponse({
    status: 200,
    description: 'The recovery codes.',
    standardSchema: recoveryCodesSchema,
    example: recoveryCodesExample,
  })
  @ApiProblems(...callerProblems, ...bodyProblems, mfaCodeInvalid, tooManyAttempts)
  confirmTotp(
    @Body({ schema: totpConfirmationSchema }) { code }: { code: string },
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.mfa.confirmTotp(principal, code, context);
  }

  @Delete('totp')
  @HttpCode(204)
  @RequireMfa({ maxAgeSeconds })
  @ApiOperation({
    summary: 'Remove the authenticator app',
    description:
      'Asks for the password again and for a second factor proved within 5 minutes. The recovery codes go with it.',
  })
  @ApiResponse({ status: 204, description: 'Logins ask for no second factor any more.' })
  @ApiProblems(...callerProblems, ...bodyProblems, problems.mfaRequired, ...passwordProblems, totpNotEnrolled)
  disableTotp(
    @Body({ schema: totpRemovalSchema }) { password }: { password: string },
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.mfa.disableTotp(principal, password, context);
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @RequireMfa({ maxAgeSeconds })
  @ApiOperation({
    summary: 'Make the recovery codes anew',
    description: 'Asks for a second factor proved within 5 minutes. Earlier codes are good no more.',
  })
  @ApiResponse({
    status: 200,
    description: 'The new codes.',
    standardSchema: recoveryCodesSchema,
    example: recoveryCodesExample,
  })
  @ApiProblems(...callerProblems, problems.mfaRequired, totpNotEnrolled)
  regenerateRecoveryCodes(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.mfa.regenerateRecoveryCodes(principal, context);
  }

  @Post('step-up')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Prove a second factor again',
    description:
      'For routes that answer `mfa_required` (RFC 9470): `auth_time` of the session’s access tokens becomes now. The ' +
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
    return this.mfa.stepUp(principal, code, context);
  }
}
