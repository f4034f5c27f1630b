import { ApiProblems, bodyProblems, Context, Public, problems, type RequestContext } from '#common';
import { Body, Controller, Delete, Headers, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { accessTokenExample, accessTokenSchema, refreshSchema, refreshTokenInvalid } from '../index.ts';
import { originNotAllowed, sessionMissing } from './browser-sessions.problems.ts';
import { BrowserSessionsService } from './browser-sessions.service.ts';
import { TrustedOriginGuard } from './trusted-origin.guard.ts';

const sessionProblems = [problems.validationFailed, originNotAllowed, problems.databaseUnavailable];

/** The session that a browser holds by a cookie, for the scripts of pages of the same site: see docs/guides/cookie-sessions.md. */
@ApiTags('sessions')
@ApiHeader({
  name: 'origin',
  description: 'this service’s own origin, or one of `CORS_ORIGINS` of the same site; browsers send it',
  schema: { type: 'string' },
})
@Public()
@UseGuards(TrustedOriginGuard)
@Controller('auth/session')
export class BrowserSessionsController {
  constructor(private readonly sessions: BrowserSessionsService) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Keep the session in a cookie',
    description:
      'Replaces the refresh token of a session by a cookie that scripts can’t read. Another session that the browser held by its ' +
      'cookie ends.',
  })
  @ApiResponse({ status: 204, description: 'The cookie is set, and the refresh token is useless.' })
  @ApiProblems(...bodyProblems, originNotAllowed, refreshTokenInvalid)
  async keep(
    @Body({ schema: refreshSchema }) body: { refresh_token: string },
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    reply.header('set-cookie', await this.sessions.adopt(body, cookies, context, refreshTokenInvalid));
  }

  @Post('access-token')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Get an access token for the browser’s session',
    description:
      'For scripts that call services. It is valid for a short time, and prolongs the session as a refresh does.',
  })
  @ApiResponse({
    status: 200,
    description: 'An access token.',
    standardSchema: accessTokenSchema,
    example: accessTokenExample,
  })
  @ApiProblems(...sessionProblems, sessionMissing)
  issueAccessToken(@Headers('cookie') cookies: string | undefined, @Context() context: RequestContext) {
    return this.sessions.issueAccessToken(cookies, context);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Log out the browser', description: 'Ends the session of the cookie, if there is one.' })
  @ApiResponse({ status: 204, description: 'The session has ended, and the cookie is deleted.' })
  @ApiProblems(...sessionProblems)
  async endBrowserSession(
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.sessions.end(cookies, context);
    reply.header('set-cookie', this.sessions.cookie.clear());
  }
}
