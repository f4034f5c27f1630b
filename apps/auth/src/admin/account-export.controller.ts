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
import { Controller, Get, Param, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import { personalDataExample, personalDataSchema, PrivacyService } from '../privacy/index.ts';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { AccountReadsService } from './account-reads.service.ts';
import { accountNotFound, adminProblems } from './admin.problems.ts';
import { accountIdSchema } from './admin.schema.ts';

/** Export of an account's personal data, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin')
export class AccountExportController {
  constructor(
    private readonly privacy: PrivacyService,
    private readonly reads: AccountReadsService,
  ) {}

  @Get('accounts/:id/export')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Export an account’s data',
    description: 'For admins, to answer a request of the owner. The same document as `GET /auth/me/export`.',
  })
  @ApiResponse({
    status: 200,
    description: 'The data, by kind.',
    standardSchema: personalDataSchema,
    example: personalDataExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound, tooManyAttempts)
  async exportAccount(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    await this.reads.assertExists(id);
    const data = Readable.from(await this.privacy.exportFor(actor, id, context));
    return new StreamableFile(data, { type: 'application/json', disposition: 'attachment; filename="account.json"' });
  }
}
