import { ApiProblems, Context, CurrentPrincipal, type Principal, type RequestContext, Roles } from '#common';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { applicationIdSchema, applicationNotFound } from '../applications/index.ts';
import { adminProblems } from './admin.problems.ts';
import {
  applicationConsentPageExample,
  applicationConsentPageSchema,
  applicationConsentQuerySchema,
  type ApplicationConsentQuery,
} from './application-consents.schema.ts';
import { ApplicationConsentsService } from './application-consents.service.ts';

/** Who has consented to an application, for admins. */
@ApiTags('applications')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/applications')
export class ApplicationConsentsController {
  constructor(private readonly consents: ApplicationConsentsService) {}

  @Get(':id/consents')
  @ApiOperation({
    summary: 'List the accounts that have consented to an application',
    description:
      'For admins. `DELETE /auth/admin/accounts/{id}/applications/{clientId}` withdraws a consent. Applications of the operator need none.',
  })
  @ApiResponse({
    status: 200,
    description: 'A page of consents.',
    standardSchema: applicationConsentPageSchema,
    example: applicationConsentPageExample,
  })
  @ApiProblems(...adminProblems, applicationNotFound)
  listApplicationConsents(
    @Param('id', { schema: applicationIdSchema }) id: string,
    @Query({ schema: applicationConsentQuerySchema }) query: ApplicationConsentQuery,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.consents.list(id, query, actor, context);
  }
}
