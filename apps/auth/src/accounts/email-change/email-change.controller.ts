import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentPrincipal,
  lacks,
  OptionalAuth,
  problems,
  RequireRecentLogin,
  tokenProblems,
  type Principal,
  type RequestContext,
} from '#common';
import { Body, Controller, Headers, HttpCode, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { ApiDeviceCookie, replyWithDevice } from '../../sessions/device-cookie/index.ts';
import { emailTaken, passwordIncorrect, reauthenticationProblems } from '../index.ts';
import {
  emailChangeConfirmationSchema,
  emailChangeSchema,
  type EmailChange,
  type EmailChangeConfirmation,
} from './email-change.schema.ts';
import { EmailChangeService } from './email-change.service.ts';

/** Change of an account's e-mail address. */
@ApiTags('email')
@Controller('auth')
export class EmailChangeController {
  constructor(private readonly emailChange: EmailChangeService) {}

  @Put('me/email')
  @RequireRecentLogin({ ifBody: lacks('password') })
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Request a change of the e-mail address',
    description:
      'Requires the password or, for an account without one, a recent login. Sends a link to the new e-mail address, and a ' +
      'notice to the old one if it is verified. The link makes the change.',
  })
  @ApiResponse({ status: 202, description: 'The e-mails are queued.' })
  @ApiProblems(...bodyProblems, ...tokenProblems, ...reauthenticationProblems, mailDisabled)
  requestEmailChange(
    @Body({ schema: emailChangeSchema }) body: EmailChange,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.emailChange.request(principal, body, context);
  }

  @OptionalAuth()
  @Post('email-change/confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Confirm the new e-mail address',
    description:
      'Requires the token from the e-mail, and the access token of a session of the account or its password: the person who ' +
      'receives the e-mail may not be the account’s owner. The token is valid once.',
  })
  @ApiBearerAuth()
  @ApiSecurity({})
  @ApiDeviceCookie()
  @ApiResponse({ status: 204, description: 'The account has the new e-mail address, verified.' })
  @ApiProblems(
    ...bodyProblems,
    problems.tokenExpired,
    problems.tokenInvalid,
    oneTimeTokenInvalid,
    emailTaken,
    passwordIncorrect,
    problems.reauthenticationRequired,
    tooManyAttempts,
    hashQueueFull,
  )
  async confirmEmailChange(
    @Body({ schema: emailChangeConfirmationSchema }) body: EmailChangeConfirmation,
    @CurrentPrincipal() caller: Principal | undefined,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    replyWithDevice(reply, await this.emailChange.confirm(body, caller, cookies, context));
  }
}
