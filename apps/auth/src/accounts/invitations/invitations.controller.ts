import { ApiProblems, bodyProblems, Context, Public, type RequestContext } from '#common';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { hashQueueFull, passwordBreached, passwordTooWeak } from '../../passwords/index.ts';
import { acceptanceSchema, type Acceptance } from './invitations.schema.ts';
import { InvitationsService } from './invitations.service.ts';

/** What invited people do. */
@ApiTags('accounts')
@Controller('auth/invitations')
export class InvitationsController {
  constructor(private readonly invitations: InvitationsService) {}

  @Public()
  @Post('accept')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Accept an invitation',
    description: 'Sets the account’s first password. Requires the token from the e-mail. The token is valid once.',
  })
  @ApiResponse({ status: 204, description: 'The owner can log in.' })
  @ApiProblems(...bodyProblems, oneTimeTokenInvalid, passwordTooWeak, passwordBreached, hashQueueFull)
  acceptInvitation(@Body({ schema: acceptanceSchema }) body: Acceptance, @Context() context: RequestContext) {
    return this.invitations.accept(body, context);
  }
}
