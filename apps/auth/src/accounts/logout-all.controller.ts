import { ApiProblems, callerProblems, Context, CurrentPrincipal, type Principal, type RequestContext } from '#common';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccountAccessService } from './account-access.service.ts';

/** Logging out everywhere: it ends more than sessions. */
@ApiTags('sessions')
@Controller('auth')
export class LogoutAllController {
  constructor(private readonly access: AccountAccessService) {}

  @Post('logout-all')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Log out everywhere',
    description:
      'Ends all sessions of the account, the current one too, and what is pending: links in mails, a change of the e-mail ' +
      'address, and logins that wait for a second factor.',
  })
  @ApiResponse({ status: 204, description: 'The sessions have ended.' })
  @ApiProblems(...callerProblems)
  logoutAll(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.access.logOutEverywhere(principal, context);
  }
}
