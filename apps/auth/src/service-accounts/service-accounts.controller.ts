import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  recentLoginProblems,
  RequireRecentLogin,
  type RequestContext,
  Roles,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  apiKeyNotFound,
  apiKeyRotated,
  nameTaken,
  scopeNotAllowed,
  serviceAccountNotFound,
} from './service-accounts.problems.ts';
import {
  apiKeyId,
  issuedApiKeyExample,
  issuedApiKeySchema,
  newApiKeySchema,
  newServiceAccountSchema,
  rotationSchema,
  serviceAccountChangeSchema,
  serviceAccountExample,
  serviceAccountId,
  serviceAccountListExample,
  serviceAccountListSchema,
  serviceAccountSchema,
  type ServiceAccountChange,
} from './service-accounts.schema.ts';
import { ServiceAccountsService } from './service-accounts.service.ts';

const adminProblems = [...callerProblems, problems.roleRequired];

/** Service accounts and their API keys, for admins. */
@ApiTags('service-accounts')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/service-accounts')
export class ServiceAccountsController {
  constructor(private readonly serviceAccounts: ServiceAccountsService) {}

  @Post()
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Create a service account',
    description: 'For admins. It needs an API key to get access tokens.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new service account.',
    standardSchema: serviceAccountSchema,
    example: { ...serviceAccountExample, api_keys: [] },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, nameTaken)
  createServiceAccount(
    @Body({ schema: newServiceAccountSchema }) body: z.output<typeof newServiceAccountSchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.serviceAccounts.create(body, actor, context);
  }

  @Get()
  @ApiOperation({ summary: 'List service accounts', description: 'For admins.' })
  @ApiResponse({
    status: 200,
    description: 'The service accounts.',
    standardSchema: serviceAccountListSchema,
    example: serviceAccountListExample,
  })
  @ApiProblems(...adminProblems)
  listServiceAccounts() {
    return this.serviceAccounts.list();
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Get a service account',
    description: 'For admins. Shows only the prefixes of its API keys.',
  })
  @ApiResponse({
    status: 200,
    description: 'The service account.',
    standardSchema: serviceAccountSchema,
    example: serviceAccountExample,
  })
  @ApiProblems(...adminProblems, serviceAccountNotFound)
  getServiceAccount(@Param('id', { schema: serviceAccountId }) id: string) {
    return this.serviceAccounts.view(id);
  }

  @Patch(':id')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Change the name and the scopes of a service account',
    description:
      'For admins. Its API keys and their access tokens lose the scopes that are taken away: in this service at once, in others when the access tokens expire. Scopes that are added need a new API key.',
  })
  @ApiResponse({
    status: 200,
    description: 'The service account.',
    standardSchema: serviceAccountSchema,
    example: serviceAccountExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, serviceAccountNotFound, nameTaken)
  async changeServiceAccount(
    @Param('id', { schema: serviceAccountId }) id: string,
    @Body({ schema: serviceAccountChangeSchema }) body: ServiceAccountChange,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    await this.serviceAccounts.change(id, body, actor, context);
    return this.getServiceAccount(id);
  }

  @Delete(':id')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a service account',
    description:
      'For admins. Deletes its API keys too. This service rejects its access tokens at once; other services accept them until they expire.',
  })
  @ApiResponse({ status: 204, description: 'Deleted.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, serviceAccountNotFound)
  deleteServiceAccount(
    @Param('id', { schema: serviceAccountId }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.serviceAccounts.delete(id, actor, context);
  }

  @Post(':id/keys')
  @RequireRecentLogin({})
  @ApiOperation({ summary: 'Create an API key', description: 'For admins. The key is shown only once.' })
  @ApiResponse({
    status: 201,
    description: 'The new key.',
    standardSchema: issuedApiKeySchema,
    example: issuedApiKeyExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, serviceAccountNotFound, scopeNotAllowed)
  createApiKey(
    @Param('id', { schema: serviceAccountId }) id: string,
    @Body({ schema: newApiKeySchema }) body: z.output<typeof newApiKeySchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.serviceAccounts.issueKey(id, body, actor, context);
  }

  @Post(':id/keys/:keyId/rotate')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Rotate an API key',
    description:
      'For admins. Creates a successor, which is shown only once. The old key stays valid for `overlap_seconds`.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new key.',
    standardSchema: issuedApiKeySchema,
    example: issuedApiKeyExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, apiKeyNotFound, apiKeyRotated)
  rotateApiKey(
    @Param('id', { schema: serviceAccountId }) accountId: string,
    @Param('keyId', { schema: apiKeyId }) keyId: string,
    @Body({ schema: rotationSchema }) body: z.output<typeof rotationSchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.serviceAccounts.rotateKey({ accountId, keyId }, body, actor, context);
  }

  @Delete(':id/keys/:keyId')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke an API key',
    description:
      'For admins. This service rejects its access tokens at once; other services accept them until they expire.',
  })
  @ApiResponse({ status: 204, description: 'Revoked.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, apiKeyNotFound)
  revokeApiKey(
    @Param('id', { schema: serviceAccountId }) accountId: string,
    @Param('keyId', { schema: apiKeyId }) keyId: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.serviceAccounts.revokeKey(accountId, keyId, actor, context);
  }
}
