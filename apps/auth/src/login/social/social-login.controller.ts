import { ApiProblems, Context, problems, Public, type RequestContext } from '#common';
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { loginResultExamples, loginResultSchema, replyWithLogin } from '../password/index.ts';
import { flowTtlSeconds } from './flow-cookie.ts';
import { FlowsService, type StartedFlow } from './flows.service.ts';
import { OidcProviders, type AuthorizationResponse } from './oidc-providers.ts';
import {
  identityUnlinked,
  providerEmailUnverified,
  providerUnavailable,
  providerUnknown,
  redirectUriUnknown,
  socialLoginFailed,
} from './social-login.problems.ts';
import {
  flowCompletionSchema,
  flowExample,
  flowSchema,
  loginStartSchema,
  providerIdSchema,
  providerListExample,
  providerListSchema,
  type FlowView,
} from './social-login.schema.ts';
import { SocialLoginService } from './social-login.service.ts';

/** What any step of a flow can be answered with. */
export const flowProblems = [
  problems.validationFailed,
  problems.malformedJson,
  problems.bodyTooLarge,
  problems.unsupportedMediaType,
  providerUnknown,
  tooManyAttempts,
  providerUnavailable,
  problems.databaseUnavailable,
];

/** Documents the cookie that a flow's end needs. */
export const ApiFlowCookie = () =>
  ApiHeader({
    name: 'cookie',
    required: false,
    description: 'the `social_flow` cookie that the start has set; without it the flow can’t be completed',
    schema: { type: 'string' },
  });

/** Gives the browser its half of a flow. */
export function sendFlow(reply: FastifyReply, { authorizationUrl, cookie }: StartedFlow): FlowView {
  reply.header('set-cookie', cookie);
  return { authorization_url: authorizationUrl, expires_in: flowTtlSeconds };
}

/** Logging in by an identity provider. */
@Public()
@ApiTags('social')
@Controller('auth/social')
export class SocialLoginController {
  constructor(
    private readonly providers: OidcProviders,
    private readonly flows: FlowsService,
    private readonly socialLogin: SocialLoginService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List the identity providers',
    description: 'The OpenID providers of the settings, to make buttons of.',
  })
  @ApiResponse({
    status: 200,
    description: 'The providers.',
    standardSchema: providerListSchema,
    example: providerListExample,
  })
  @ApiProblems(problems.validationFailed)
  listProviders() {
    return { providers: this.providers.list().map(({ id, name }) => ({ id, name })) };
  }

  @Post(':provider/start')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Begin a login at an identity provider',
    description:
      'Gives the address to send the browser to, and sets the cookie `social_flow`, which binds the login to this client: a ' +
      'web app keeps it by itself, a native app’s HTTP client has to keep and send it like any cookie. The provider sends ' +
      'the browser back to the redirect URI, a page of the web app or a link that opens the native app; whoever is there ' +
      'passes the query on to `complete`. Of two logins at once in one browser the later one can be completed.',
  })
  @ApiResponse({ status: 200, description: 'The flow.', standardSchema: flowSchema, example: flowExample })
  @ApiProblems(...flowProblems, redirectUriUnknown)
  async startSocialLogin(
    @Param('provider', { schema: providerIdSchema }) provider: string,
    @Body({ schema: loginStartSchema }) body: { redirect_uri: string },
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return sendFlow(reply, await this.flows.begin(provider, body.redirect_uri, null, context));
  }

  @Post(':provider/complete')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete a login at an identity provider',
    description:
      'Starts a session as a login by password does. An unknown person gets an account without a password, or is linked to ' +
      'the account of the same address if both the provider and this service know the address to be verified. Each `state` ' +
      'is good once, for 10 minutes, with the cookie of its start. If the provider sent an `error` instead of a code there ' +
      'is nothing to complete: begin again.',
  })
  @ApiFlowCookie()
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens, or, where a second factor is asked for, what to send it with.',
    standardSchema: loginResultSchema,
    examples: loginResultExamples,
  })
  @ApiProblems(...flowProblems, socialLoginFailed, providerEmailUnverified, identityUnlinked)
  async completeSocialLogin(
    @Param('provider', { schema: providerIdSchema }) provider: string,
    @Body({ schema: flowCompletionSchema }) body: AuthorizationResponse,
    @Headers('cookie') cookies: string | undefined,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithLogin(reply, await this.socialLogin.login(provider, body, cookies, context));
  }
}
