import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  Public,
  type RequestContext,
} from '#common';
import { Body, Controller, HttpCode, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { emailTaken, passwordIncorrect } from '../index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { confirmationSchema, type Confirmation } from '../email-verification/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { emailChangeSchema, type EmailChange } from './email-change.schema.ts';
import { EmailChangeService } from './email-change.service.ts';

/** Another e-mail address for an account. */
@ApiTags('email')
@Controller('auth')
export class EmailChangeController {
  constructor(private readonly emailChange: EmailChangeService) {}

  @Put('me/email')
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Ask for another address',
    description: 'Mails a link to the new address and tells the old one. Nothing changes until the link is used.',
  })
  @ApiResponse({ status: 202, description: 'The mails are on their way.' })
  @ApiProblems(
    ...bodyProblems,
    problems.tokenMissing,
    problems.tokenInvalid,
    problems.tokenExpired,
    passwordIncorrect,
    tooManyAttempts,
    hashQueueFull,
    mailDisabled,
  )
  requestEmailChange(
    @Body({ schema: emailChangeSchema }) body: EmailChange,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.emailChange.request(principal, body.email, body.password, context);
  }

  @Public()
  @Post('email-change/confirm')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Confirm the new address',
    description: 'With the token from the mail, which is good once.',
  })
  @ApiResponse({ status: 204, description: 'The account has the new address, verified.' })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid, emailTaken)
  confirmEmailChange(@Body({ schema: confirmationSchema }) body: Confirmation, @Context() context: RequestContext) {
    return this.emailChange.confirm(body.token, context);
  }
}
