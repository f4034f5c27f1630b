import { ApiProblems, CurrentPrincipal, OptionalAuth, problems, tokenProblems, type Principal } from '#common';
import { All, Controller, Get, Param, Query, Req, Res, UseFilters } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiExcludeEndpoint,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { crossSiteRequest, SeeOtherFilter } from '../pages/kit/index.ts';
import { sessionMissing } from '../sessions/browser-sessions/index.ts';
import { forwardedRequestInvalid } from './forward-auth.problems.ts';
import { requirementsSchema, requirementsSegmentSchema, type Requirements } from './forward-auth.schema.ts';
import { ForwardAuthService } from './forward-auth.service.ts';

/** Where gateways ask who sends a request: see docs/guides/forward-auth.md. */
@ApiTags('sessions')
@OptionalAuth()
@UseFilters(SeeOtherFilter)
@Controller('auth')
export class ForwardAuthController {
  constructor(private readonly forwardAuth: ForwardAuthService) {}

  @Get('forward-auth')
  @RouteConfig({ readers: true })
  @ApiBearerAuth()
  @ApiSecurity({})
  @ApiOperation({
    summary: 'Authenticate a request for a gateway',
    description:
      'For Traefik’s ForwardAuth, nginx’s auth_request and the like. The request is described by headers of the gateway; its ' +
      'cookie, or its access token, says who sends it.',
  })
  @ApiHeader({ name: 'x-forwarded-host', description: 'host of the request: that of `TOKEN_ISSUER`', required: true })
  @ApiHeader({ name: 'x-forwarded-method', description: 'method of the request', required: true })
  @ApiHeader({ name: 'x-forwarded-uri', description: 'path and query of the request', required: true })
  @ApiResponse({
    status: 200,
    description: 'The request may pass.',
    headers: {
      'x-auth-subject': { description: 'the id of the account', schema: { type: 'string', format: 'uuid' } },
      'x-auth-email': { description: 'its e-mail address, if it is verified', schema: { type: 'string' } },
      'x-auth-roles': { description: 'its roles, separated by commas', schema: { type: 'string' } },
    },
  })
  @ApiResponse({ status: 303, description: 'A browser must sign in, or prove a second factor, and comes back.' })
  @ApiProblems(
    problems.validationFailed,
    forwardedRequestInvalid,
    ...tokenProblems,
    sessionMissing,
    problems.mfaRequired,
    problems.roleRequired,
    crossSiteRequest,
    problems.databaseUnavailable,
  )
  authenticate(
    @Query({ schema: requirementsSchema }) requirements: Requirements,
    @CurrentPrincipal() principal: Principal | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.forwardAuth.answerByHeaders({ request, reply, requirements }, principal);
  }

  /** For Envoy, whose ext_authz filter sends the request itself, without its body: the prefix of its path has no room for a query. */
  @All('ext-authz/:requirements/*')
  @RouteConfig({ readers: true })
  @ApiExcludeEndpoint()
  authenticateByPath(
    @Param({ schema: requirementsSegmentSchema }) { requirements }: { requirements: Requirements },
    @CurrentPrincipal() principal: Principal | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.forwardAuth.answerByPath({ request, reply, requirements }, principal);
  }
}
