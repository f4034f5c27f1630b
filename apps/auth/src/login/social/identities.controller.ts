import {
  ApiProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { passwordIncorrect } from '../../accounts/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { ApiFlowCookie, flowProblems, replyWithFlow } from './flow-routes.ts';
import { IdentitiesService } from './identities.service.ts';
import type { AuthorizationResponse } from './oidc-providers.ts';
import {
  identityNotFound,
  identityTaken,
  lastLoginMethod,
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
  @HttpCode(200)
  @ApiOperation({
    summary: 'Start to link an identity',
    description:
      'Begins like a login, but requires the password again or, for an account without one, a login within the last 10 ' +
      'minutes. The e-mail addresses of the account and of the identity may differ.',
  })
  @ApiResponse({ status: 200, description: 'The flow.', standardSchema: flowSchema, example: flowExample })
  @ApiProblems(
    ...flowProblems,
    ...tokenProblems,
    passwordIncorrect,
    problems.reauthenticationRequired,
    redirectUriUnknown,
    hashQueueFull,
  )
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
  @ApiOperation({
    summary: 'Unlink an identity',
    description: 'Fails if it is the account’s last way to log in. Sessions continue.',
  })
  @ApiResponse({ status: 204, description: 'The identity can no longer log in.' })
  @ApiProblems(...callerProblems, ...recentLoginProblems, identityNotFound, lastLoginMethod)
  unlinkIdentity(
    @Param('id', { schema: identityIdSchema }) id: string,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.identities.unlink(principal, id, context);
  }
}
