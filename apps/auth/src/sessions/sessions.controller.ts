import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  Public,
  type RequestContext,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { refreshTokenInvalid, sessionNotFound } from './sessions.problems.ts';
import {
  refreshSchema,
  sessionIdSchema,
  sessionListExample,
  sessionListSchema,
  tokensExample,
  tokensSchema,
} from './sessions.schema.ts';
import { SessionsService } from './sessions.service.ts';

/** Refreshing tokens, and listing and ending the sessions of an account. */
@ApiTags('sessions')
@Controller('auth')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

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

  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Log out',
    description: 'Ends the current session. This service rejects the session’s refresh and access tokens from now on.',
  })
  @ApiResponse({ status: 204, description: 'The session has ended.' })
  @ApiProblems(...callerProblems, sessionNotFound)
  logout(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    return this.sessions.revoke(principal, principal.sessionId, context);
  }

  @Post('logout-others')
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
