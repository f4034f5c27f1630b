import { ApiProblems, Context, problems, Public, type RequestContext } from '#common';
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { registrationClosed } from '../../accounts/index.ts';
import { emailUnverified, loginResultExamples, loginResultSchema, replyWithLogin } from '../completion/index.ts';
import { ApiFlowCookie, flowProblems, replyWithFlow } from './flow-routes.ts';
import { FlowsService } from './flows.service.ts';
import { OidcProviders, type AuthorizationResponse } from './oidc-providers.ts';
import {
  identityUnlinked,
  providerEmailUnverified,
  redirectUriUnknown,
  socialLoginDenied,
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
} from './social-login.schema.ts';
import { SocialLoginService } from './social-login.service.ts';

/** Logging in by an OpenID provider. */
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
    summary: 'List the OpenID providers',
    description: 'The providers in the settings, for the buttons of a login page.',
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
    summary: 'Start a login with an OpenID provider',
    description:
      'Returns the URL to send the browser to, and sets the cookie `social_flow`, which binds the login to this client. A ' +
      'browser stores the cookie by itself; the HTTP client of a native app must store and send it. The provider sends the ' +
      'browser back to the redirect URI, which is a page of the web app or a link that opens the native app. The app passes ' +
      'the query of that URI to `complete`. Of concurrent logins in one browser only the latest one can be completed.',
  })
  @ApiResponse({ status: 200, description: 'The flow.', standardSchema: flowSchema, example: flowExample })
  @ApiProblems(...flowProblems, redirectUriUnknown)
  async startSocialLogin(
    @Param('provider', { schema: providerIdSchema }) provider: string,
    @Body({ schema: loginStartSchema }) body: { redirect_uri: string },
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return replyWithFlow(reply, await this.flows.begin(provider, body.redirect_uri, null, context));
  }

  @Post(':provider/complete')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete a login with an OpenID provider',
    description:
      'Starts a session. An unknown identity is linked to the account with the same e-mail address if the provider has ' +
      'verified it. If this service has not, everything else that opens the account is removed: somebody else may have ' +
      'registered it. An identity that was unlinked from the account is linked again only by its owner. If no account has this ' +
      'e-mail address, a new one without a password is created, unless registration is closed. ' +
      'Each `state` is valid once, for 10 minutes, with the cookie that the start has set. An `error` of the provider ' +
      'instead of a code ends the login.',
  })
  @ApiFlowCookie()
  @ApiResponse({
    status: 200,
    description: 'The session’s tokens, or a challenge for a second factor.',
    standardSchema: loginResultSchema,
    examples: loginResultExamples,
  })
  @ApiProblems(
    ...flowProblems,
    socialLoginFailed,
    socialLoginDenied,
    providerEmailUnverified,
    emailUnverified,
    identityUnlinked,
    registrationClosed,
  )
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
