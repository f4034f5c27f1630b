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
import { clientIdSchema, consentListExample, consentListSchema, consentNotFound } from '../openid/index.ts';
import { sessionIdSchema, sessionListExample, sessionListSchema, sessionNotFound } from '../sessions/index.ts';
import { AccountConnectionsService } from './account-connections.service.ts';
import { accountNotFound, adminProblems } from './admin.problems.ts';
import { accountIdSchema } from './admin.schema.ts';

/** The sessions of an account and the applications with access to it, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/accounts/:id')
export class AccountConnectionsController {
  constructor(private readonly connections: AccountConnectionsService) {}

  @Get('sessions')
  @ApiOperation({
    summary: 'List the sessions of an account',
    description: 'For admins. Each login starts one session.',
  })
  @ApiResponse({
    status: 200,
    description: 'The sessions.',
    standardSchema: sessionListSchema,
    example: sessionListExample,
  })
  @ApiProblems(...adminProblems, accountNotFound)
  listAccountSessions(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.connections.listSessions(id, actor, context);
  }

  @Delete('sessions/:sessionId')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({ summary: 'End one session of an account', description: 'For admins.' })
  @ApiResponse({ status: 204, description: 'The session has ended.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, sessionNotFound)
  revokeAccountSession(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Param('sessionId', { schema: sessionIdSchema }) sessionId: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.connections.revokeSession(id, sessionId, actor, context);
  }

  @Get('applications')
  @ApiOperation({
    summary: 'List the applications with access to an account',
    description: 'For admins. Those that the owner has consented to. Applications of the operator need no consent.',
  })
  @ApiResponse({
    status: 200,
    description: 'The applications.',
    standardSchema: consentListSchema,
    example: consentListExample,
  })
  @ApiProblems(...adminProblems, accountNotFound)
  listAccountApplications(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.connections.listApplications(id, actor, context);
  }

  @Delete('applications/:clientId')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Withdraw the access of an application to an account',
    description: 'For admins. Its refresh tokens end at once, and its access tokens when they expire.',
  })
  @ApiResponse({ status: 204, description: 'Withdrawn.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, consentNotFound)
  withdrawAccountApplication(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Param('clientId', { schema: clientIdSchema }) clientId: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.connections.withdrawApplication(id, clientId, actor, context);
  }
}
