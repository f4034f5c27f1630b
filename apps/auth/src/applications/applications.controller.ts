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
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  applicationExample,
  applicationListExample,
  applicationListSchema,
  applicationSchema,
  applicationView,
  createdApplicationExample,
  createdApplicationSchema,
  issuedSecretExample,
  issuedSecretSchema,
  secretView,
} from './application-views.ts';
import { applicationDeclared, applicationNotFound, clientIdTaken, secretNotUsed } from './applications.problems.ts';
import {
  applicationChangeSchema,
  applicationIdSchema,
  newApplicationSchema,
  secretRotationSchema,
  type ApplicationChange,
  type NewApplicationBody,
} from './applications.schema.ts';
import { ApplicationsService } from './applications.service.ts';

const adminProblems = [...callerProblems, problems.roleRequired];

/** Applications and their secrets, for admins. */
@ApiTags('applications')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/applications')
export class ApplicationsController {
  constructor(private readonly applications: ApplicationsService) {}

  @Post()
  @RequireRecentLogin({})
  @ApiOperation({ summary: 'Create an application', description: 'For admins. The secret is shown only once.' })
  @ApiResponse({
    status: 201,
    description: 'The new application.',
    standardSchema: createdApplicationSchema,
    example: createdApplicationExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, clientIdTaken)
  async createApplication(
    @Body({ schema: newApplicationSchema }) body: NewApplicationBody,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    const { application, secret } = await this.applications.create(body, actor, context);
    return { ...(await this.getApplication(application.id)), client_secret: secret?.client_secret ?? null };
  }

  @Get()
  @ApiOperation({ summary: 'List applications', description: 'For admins.' })
  @ApiResponse({
    status: 200,
    description: 'The applications.',
    standardSchema: applicationListSchema,
    example: applicationListExample,
  })
  @ApiProblems(...adminProblems)
  async listApplications() {
    return { applications: (await this.applications.list()).map(applicationView) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get an application', description: 'For admins. Shows only the prefixes of its secrets.' })
  @ApiResponse({
    status: 200,
    description: 'The application.',
    standardSchema: applicationSchema,
    example: applicationExample,
  })
  @ApiProblems(...adminProblems, applicationNotFound)
  async getApplication(@Param('id', { schema: applicationIdSchema }) id: string) {
    const { application, logo, secrets } = await this.applications.view(id);
    return { ...applicationView(application), logo, secrets: secrets.map(secretView) };
  }

  @Put(':id')
  @RequireRecentLogin({})
  @ApiOperation({ summary: 'Change an application', description: 'For admins. The client id and the kind stay.' })
  @ApiResponse({
    status: 200,
    description: 'The application.',
    standardSchema: applicationSchema,
    example: applicationExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, applicationNotFound, applicationDeclared)
  async changeApplication(
    @Param('id', { schema: applicationIdSchema }) id: string,
    @Body({ schema: applicationChangeSchema }) body: ApplicationChange,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    await this.applications.change(id, body, actor, context);
    return this.getApplication(id);
  }

  @Delete(':id')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete an application',
    description:
      'For admins. Its refresh tokens, grants and consents end at once, access tokens for other services when they expire.',
  })
  @ApiResponse({ status: 204, description: 'Deleted.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, applicationNotFound, applicationDeclared)
  deleteApplication(
    @Param('id', { schema: applicationIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.applications.delete(id, actor, context);
  }

  @Post(':id/secrets')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Give an application a new secret',
    description: 'For admins. It is shown only once. The newest of the others stays valid for `overlap_seconds`.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new secret.',
    standardSchema: issuedSecretSchema,
    example: issuedSecretExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, applicationNotFound, secretNotUsed)
  rotateApplicationSecret(
    @Param('id', { schema: applicationIdSchema }) id: string,
    @Body({ schema: secretRotationSchema }) body: z.output<typeof secretRotationSchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.applications.rotateSecret(id, body.overlap_seconds, actor, context);
  }
}
