import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentPrincipal,
  Public,
  tokenProblems,
  type Principal,
  type RequestContext,
} from '#common';
import { Body, Controller, HttpCode, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { mailDisabled } from '../../email/outbox/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { confirmationSchema, type Confirmation } from '../email-verification/index.ts';
import { emailTaken, passwordIncorrect } from '../index.ts';
import { emailChangeSchema, type EmailChange } from './email-change.schema.ts';
import { EmailChangeService } from './email-change.service.ts';

/** Change of an account's e-mail address. */
@ApiTags('email')
@Controller('auth')
export class EmailChangeController {
  constructor(private readonly emailChange: EmailChangeService) {}

  @Put('me/email')
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Request a change of the e-mail address',
    description:
      'Sends a link to the new e-mail address, and a notice to the old one if it is verified. The link makes the change.',
  })
  @ApiResponse({ status: 202, description: 'The e-mails are queued.' })
  @ApiProblems(...bodyProblems, ...tokenProblems, passwordIncorrect, tooManyAttempts, hashQueueFull, mailDisabled)
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
    summary: 'Confirm the new e-mail address',
    description: 'Requires the token from the e-mail. The token is valid once.',
  })
  @ApiResponse({ status: 204, description: 'The account has the new e-mail address, verified.' })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid, emailTaken)
  confirmEmailChange(@Body({ schema: confirmationSchema }) body: Confirmation, @Context() context: RequestContext) {
    return this.emailChange.confirm(body.token, context);
  }
}
