import {
  ApiProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  type RequestContext,
  tokenProblems,
} from '#common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { passwordIncorrect } from '../../accounts/index.ts';
import { hashQueueFull } from '../../passwords/index.ts';
import { IdentitiesService } from './identities.service.ts';
import type { AuthorizationResponse } from './oidc-providers.ts';
import { ApiFlowCookie, flowProblems, sendFlow } from './social-login.controller.ts';
import {
  identityNotFound,
  identityTaken,
  lastLoginMethod,
  reauthenticationRequired,
  redirectUriUnknown,
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

/** What an account's owner does with its identities. */
@ApiBearerAuth()
@ApiTags('social')
@Controller('auth/me/identities')
export class IdentitiesController {
  constructor(private readonly identities: IdentitiesService) {}

  @Get()
  @ApiOperation({
    summary: 'List the identities of the account',
    description: 'What the owner is at identity providers and may log in by.',
  })
  @ApiResponse({
    status: 200,
    description: 'The identities.',
    standardSchema: identityListSchema,
    example: { identities: [identityExample] },
  })
  @ApiProblems(problems.validationFailed, ...tokenProblems, problems.databaseUnavailable)
  listIdentities(@CurrentPrincipal() principal: Principal) {
    return this.identities.list(principal);
  }

  @Post(':provider/start')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Begin to link an identity',
    description:
      'As a login begins, but asks for the password again; who has none must have logged in within the last 10 minutes. ' +
      'The addresses need not be the same.',
  })
  @ApiResponse({ status: 200, description: 'The flow.', standardSchema: flowSchema, example: flowExample })
  @ApiProblems(
    ...flowProblems,
    ...tokenProblems,
    passwordIncorrect,
    reauthenticationRequired,
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
    return sendFlow(reply, await this.identities.startLink(principal, provider, body, context));
  }

  @Post(':provider/complete')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete the linking of an identity',
    description: 'By the account and with the cookie that began it. An identity belongs to one account at most.',
  })
  @ApiFlowCookie()
  @ApiResponse({
    status: 200,
    description: 'The identity.',
    standardSchema: identitySchema,
    example: identityExample,
  })
  @ApiProblems(...flowProblems, ...tokenProblems, socialLoginFailed, identityTaken)
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
  @HttpCode(204)
  @ApiOperation({
    summary: 'Unlink an identity',
    description: 'Refused where it is the last way to log in. Sessions go on.',
  })
  @ApiResponse({ status: 204, description: 'It is no way to log in any more.' })
  @ApiProblems(
    problems.validationFailed,
    ...tokenProblems,
    identityNotFound,
    lastLoginMethod,
    problems.databaseUnavailable,
  )
  unlinkIdentity(
    @Param('id', { schema: identityIdSchema }) id: string,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.identities.unlink(principal, id, context);
  }
}
