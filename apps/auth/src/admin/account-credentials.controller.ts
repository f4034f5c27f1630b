import {
  ApiProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  Roles,
} from '#common';
import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { lastAdmin } from '../accounts/index.ts';
import { passkeyExample, passkeyIdSchema, passkeyListSchema, passkeyNotFound } from '../login/passkeys/index.ts';
import { identityExample, identityIdSchema, identityListSchema, identityNotFound } from '../login/social/index.ts';
import { AccountCredentialsService } from './account-credentials.service.ts';
import { accountNotFound, adminProblems } from './admin.problems.ts';
import { accountIdSchema } from './admin.schema.ts';

/** The passkeys and identities that open an account, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@RequireRecentLogin({})
@Controller('auth/admin/accounts/:id')
export class AccountCredentialsController {
  constructor(private readonly credentials: AccountCredentialsService) {}

  @Get('passkeys')
  @ApiOperation({ summary: 'List the passkeys of an account', description: 'For admins.' })
  @ApiResponse({
    status: 200,
    description: 'The passkeys.',
    standardSchema: passkeyListSchema,
    example: { passkeys: [passkeyExample] },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound)
  listAccountPasskeys(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.credentials.listPasskeys(id, actor, context);
  }

  @Delete('passkeys/:passkeyId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a passkey of an account', description: 'For admins. Sessions continue.' })
  @ApiResponse({ status: 204, description: 'The passkey no longer logs anybody in.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, passkeyNotFound, lastAdmin)
  deleteAccountPasskey(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Param('passkeyId', { schema: passkeyIdSchema }) passkeyId: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.credentials.removePasskey(id, passkeyId, actor, context);
  }

  @Get('identities')
  @ApiOperation({ summary: 'List the identities of an account', description: 'For admins.' })
  @ApiResponse({
    status: 200,
    description: 'The identities.',
    standardSchema: identityListSchema,
    example: { identities: [identityExample] },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound)
  listAccountIdentities(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.credentials.listIdentities(id, actor, context);
  }

  @Delete('identities/:identityId')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Unlink an identity of an account',
    description:
      'For admins. Unlinks it even if it is the last way to log in to the account, unless that is the last active admin’s. Sessions continue.',
  })
  @ApiResponse({ status: 204, description: 'The identity no longer logs anybody in.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, identityNotFound, lastAdmin)
  unlinkAccountIdentity(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Param('identityId', { schema: identityIdSchema }) identityId: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.credentials.removeIdentity(id, identityId, actor, context);
  }
}
