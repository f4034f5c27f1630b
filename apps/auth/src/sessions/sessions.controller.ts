import {
  AcceptExpiredToken,
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  has,
  IgnoreUnusableToken,
  OptionalAuth,
  type Principal,
  problems,
  Public,
  type RequestContext,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RotatesBrowserSession } from './rotates-browser-session.decorator.ts';
import { LogoutService } from './logout.service.ts';
import { refreshTokenInvalid, sessionNotFound } from './sessions.problems.ts';
import {
  logoutSchema,
  refreshSchema,
  sessionIdSchema,
  sessionListExample,
  sessionListSchema,
  tokensExample,
  tokensSchema,
  type Logout,
} from './sessions.schema.ts';
import { SessionsService } from './sessions.service.ts';

/** Refreshing tokens, and listing and ending the sessions of an account. */
@ApiTags('sessions')
@Controller('auth')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly logoutService: LogoutService,
  ) {}

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Refresh the tokens',
    description:
      'Each refresh token can be used once. Used again within 60 seconds (`REFRESH_GRACE_SECONDS`), it gives the same ' +
      'successor. Used again later, or after its successor, it ends the session.',
  })
  @ApiResponse({ status: 200, description: 'New tokens.', standardSchema: tokensSchema, example: tokensExample })
  @ApiProblems(...bodyProblems, refreshTokenInvalid)
  refresh(@Body({ schema: refreshSchema }) body: { refresh_token: string }, @Context() context: RequestContext) {
    return this.sessions.refresh(body.refresh_token, context);
  }

  @OptionalAuth()
  @AcceptExpiredToken()
  @IgnoreUnusableToken({ ifBody: has('refresh_token') })
  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiSecurity({})
  @ApiOperation({
    summary: 'Log out',
    description:
      'Ends the session of the access token, which may have expired, and the session of the refresh token; one of the two is ' +
      'required. A refresh token that is unknown, or whose session has ended, changes nothing and is not an error, as in RFC ' +
      '7009. With a refresh token, an access token that is not valid is ignored. This service rejects the session’s refresh and access tokens from now on.',
  })
  @ApiBody({ required: false, schema: { $ref: '#/components/schemas/Logout' } })
  @ApiResponse({ status: 204, description: 'The session has ended.' })
  @ApiProblems(...bodyProblems, ...tokenProblems)
  async logout(
    @Body({ schema: logoutSchema }) body: Logout,
    @CurrentPrincipal() caller: Principal | undefined,
    @Context() context: RequestContext,
  ) {
    const refreshToken = body?.refresh_token;
    if (!caller && refreshToken === undefined) {
      throw problems.tokenMissing.exception();
    }
    await this.logoutService.logOut(caller, refreshToken, context);
  }

  @Post('logout-others')
  @RotatesBrowserSession()
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Log out on all other devices',
    description: 'Ends all sessions of the account except the current one.',
  })
  @ApiResponse({ status: 204, description: 'The other sessions have ended.' })
  @ApiProblems(...callerProblems)
  logoutOthers(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.sessions.revokeAllButThis(principal, context);
  }

  @Get('sessions')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'List the sessions of the account', description: 'Each login starts one session.' })
  @ApiResponse({
    status: 200,
    description: 'The sessions.',
    standardSchema: sessionListSchema,
    example: sessionListExample,
  })
  @ApiProblems(...callerProblems)
  listSessions(@CurrentPrincipal() principal: Principal) {
    return this.sessions.list(principal);
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'End one session of the account', description: 'This may be the current session.' })
  @ApiResponse({ status: 204, description: 'The session has ended.' })
  @ApiProblems(...callerProblems, sessionNotFound)
  revokeSession(
    @Param('id', { schema: sessionIdSchema }) id: string,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.sessions.revoke(principal, id, context);
  }
}
