import { ApiProblems, callerProblems, Context, CurrentPrincipal, type Principal, type RequestContext } from '#common';
import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { clientIdSchema, consentListExample, consentListSchema } from './consents.schema.ts';
import { consentNotFound } from './grants.problems.ts';
import { GrantsService } from './grants.service.ts';

/** What the owner of an account lets applications do. */
@ApiTags('applications')
@ApiBearerAuth()
@Controller('auth/applications')
export class ConsentsController {
  constructor(private readonly grants: GrantsService) {}

  @Get()
  @ApiOperation({
    summary: 'List the applications with access to the account',
    description: 'Those that the owner has consented to. Applications of the operator need no consent.',
  })
  @ApiResponse({
    status: 200,
    description: 'The applications.',
    standardSchema: consentListSchema,
    example: consentListExample,
  })
  @ApiProblems(...callerProblems)
  async listConsents(@CurrentPrincipal() principal: Principal) {
    return { applications: await this.grants.consentsOf(principal.accountId) };
  }

  @Delete(':clientId')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Withdraw the access of an application',
    description: 'Its refresh tokens end at once, and its access tokens when they expire.',
  })
  @ApiResponse({ status: 204, description: 'Withdrawn.' })
  @ApiProblems(...callerProblems, consentNotFound)
  withdrawConsent(
    @Param('clientId', { schema: clientIdSchema }) clientId: string,
    @CurrentPrincipal() principal: Principal,
    @Context() context: RequestContext,
  ) {
    return this.grants.withdraw(clientId, principal, context);
  }
}
