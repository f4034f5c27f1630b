import {
  ApiProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  lacks,
  type Principal,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { reauthenticationProblems } from '../../accounts/index.ts';
import { RotatesBrowserSession } from '../../sessions/index.ts';
import { ApiDeviceCookie, replyWithDevice } from '../../sessions/device-cookie/index.ts';
import { lastLoginMethod } from '../index.ts';
import { ApiFlowCookie, flowProblems, replyWithFlow } from './flow-routes.ts';
import { IdentitiesService } from './identities.service.ts';
import type { AuthorizationResponse } from './oidc-providers.ts';
import {
  identityNotFound,
  identityTaken,
  redirectUriUnknown,
  socialLoginDenied,
  socialLoginFailed,
} from './social-login.problems.ts';
import {
  flowCompletionSchema,
  flowExample,
  flowSchema,
  identityExample,
  identityIdSchema,
  identityListSchema,
  identitySchema,
  linkStartSchema,
  providerIdSchema,
  type LinkStart,
} from './social-login.schema.ts';

/** The identities of the caller's account. */
@ApiBearerAuth()
@ApiTags('social')
@Controller('auth/me/identities')
export class IdentitiesController {
  constructor(private readonly identities: IdentitiesService) {}

  @Get()
  @ApiOperation({
    summary: 'List the identities of the account',
    description: 'The owner can log in with each of these identities.',
  })
  @ApiResponse({
    status: 200,
    description: 'The identities.',
    standardSchema: identityListSchema,
    example: { identities: [identityExample] },
  })
  @ApiProblems(...callerProblems)
  listIdentities(@CurrentPrincipal() principal: Principal) {
    return this.identities.list(principal.accountId);
  }

  @Post(':provider/start')
  @RequireRecentLogin({ ifBody: lacks('password') })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Start to link an identity',
    description:
      'Begins like a login, but requires the password again or, for an account without one, a recent login. The e-mail ' +
      'addresses of the account and of the identity may differ.',
  })
  @ApiResponse({ status: 200, description: 'The flow.', standardSchema: flowSchema, example: flowExample })
  @ApiProblems(...flowProblems, ...tokenProblems, ...reauthenticationProblems, redirectUriUnknown)
  async startIdentityLink(
    @Param('provider', { schema: providerIdSchema }) provider: string,
    @Body({ schema: linkStartSchema }) body: LinkStart,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithFlow(reply, await this.identities.startLink(principal, provider, body, context));
  }

  @Post(':provider/complete')
  @HttpCode(200)
  @RotatesBrowserSession()
  @ApiOperation({
    summary: 'Link an identity',
    description:
      'Requires the account and the cookie that started the flow. An identity belongs to one account at most.',
  })
  @ApiFlowCookie()
  @ApiResponse({
    status: 200,
    description: 'The identity.',
    standardSchema: identitySchema,
    example: identityExample,
  })
  @ApiProblems(...flowProblems, ...tokenProblems, socialLoginFailed, socialLoginDenied, identityTaken)
  completeIdentityLink(
    @Param('provider', { schema: providerIdSchema }) provider: string,
    @Body({ schema: flowCompletionSchema }) body: AuthorizationResponse,
    @Headers('cookie') cookies: string | undefined,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.identities.finishLink(principal, provider, body, cookies, context);
  }

  @Delete(':id')
  @RequireRecentLogin({})
  @HttpCode(204)
  @RotatesBrowserSession()
  @ApiDeviceCookie()
  @ApiOperation({
    summary: 'Unlink an identity',
    description: 'Fails if it is the account’s last way to log in. Sessions continue.',
  })
  @ApiResponse({ status: 204, description: 'The identity can no longer log in.' })
  @ApiProblems(...callerProblems, ...recentLoginProblems, identityNotFound, lastLoginMethod)
  async unlinkIdentity(
    @Param('id', { schema: identityIdSchema }) id: string,
    @CurrentPrincipal() principal: Principal,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    replyWithDevice(reply, await this.identities.unlink(principal, id, cookies, context));
  }
}
