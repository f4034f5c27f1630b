import {
  ApiProblems,
  bodyProblems,
  Context,
  CurrentCaller,
  type Caller,
  type RequestContext,
  Roles,
  Scopes,
} from '#common';
import { Body, Controller, Param, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { adminProfileChangeSchema, type ProfileChange } from '../accounts/index.ts';
import { AccountProfileService } from './account-profile.service.ts';
import { accountNotFound, writerProblems } from './admin.problems.ts';
import { accountIdSchema, adminAccountExample, adminAccountSchema, toAdminAccount } from './admin.schema.ts';

/** Profiles of accounts, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Scopes(['accounts:write'])
@Controller('auth/admin/accounts/:id')
export class AccountProfileController {
  constructor(private readonly profiles: AccountProfileService) {}

  @Patch()
  @ApiOperation({
    summary: 'Change an account’s profile',
    description: 'For admins and for programs with the scope `accounts:write`.',
  })
  @ApiResponse({
    status: 200,
    description: 'The account.',
    standardSchema: adminAccountSchema,
    example: adminAccountExample,
  })
  @ApiProblems(...writerProblems, ...bodyProblems, accountNotFound)
  async changeAccountProfile(
    @Param('id', { schema: accountIdSchema }) id: string,
    @Body({ schema: adminProfileChangeSchema }) body: ProfileChange,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return toAdminAccount(await this.profiles.change(id, body, actor, context));
  }
}
