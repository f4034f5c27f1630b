import { ApiOAuthProblems, Context, OAuthForm, problems, Public, type RequestContext } from '#common';
import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { clientInvalid, grantTypeUnsupported, scopeInvalid } from './client-tokens.problems.ts';
import {
  clientCredentialsSchema,
  clientTokenExample,
  clientTokenSchema,
  type ClientCredentials,
} from './client-tokens.schema.ts';
import { ClientTokensService } from './client-tokens.service.ts';

/** Access tokens for service accounts. */
@ApiTags('service-accounts')
@Controller('auth')
export class ClientTokensController {
  constructor(private readonly clientTokens: ClientTokensService) {}

  @Public()
  @Post('token')
  @HttpCode(200)
  @OAuthForm()
  @ApiOperation({
    summary: 'Get an access token for a service account',
    description:
      'OAuth 2.0 client credentials grant (RFC 6749 §4.4). The client id is the id of the service account, the client ' +
      'secret is an API key; send them with HTTP Basic or in the form. Errors also contain `error` (RFC 6749 §5.2).',
  })
  @ApiResponse({
    status: 200,
    description: 'The access token.',
    standardSchema: clientTokenSchema,
    example: clientTokenExample,
  })
  @ApiOAuthProblems(
    problems.validationFailed,
    grantTypeUnsupported,
    scopeInvalid,
    clientInvalid,
    problems.bodyTooLarge,
    problems.formRequired,
    tooManyAttempts,
    problems.databaseUnavailable,
  )
  issueToken(
    @Body({ schema: clientCredentialsSchema }) form: ClientCredentials,
    @Headers('authorization') authorization: string | undefined,
    @Context() context: RequestContext,
  ) {
    return this.clientTokens.issue(form, authorization, context);
  }
}
