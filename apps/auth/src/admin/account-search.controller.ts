import { ApiProblems, Context, CurrentCaller, type Caller, type RequestContext, Roles, Scopes } from '#common';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { accountPageSchema, accountSearchSchema, type AccountSearch } from './account-search.schema.ts';
import { AccountSearchService } from './account-search.service.ts';
import { readerProblems } from './admin.problems.ts';
import { adminAccountExample } from './admin.schema.ts';

/** Search of accounts. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Scopes(['accounts:read'])
@Controller('auth/admin')
export class AccountSearchController {
  constructor(private readonly accounts: AccountSearchService) {}

  @Get('accounts')
  @ApiOperation({
    summary: 'Search accounts',
    description:
      'For admins and for programs with the scope `accounts:read`. Page by page, in the order of their e-mail addresses or of their creation.',
  })
  @ApiResponse({
    status: 200,
    description: 'A page of accounts.',
    standardSchema: accountPageSchema,
    example: { accounts: [adminAccountExample], next: 'YWRhQGV4YW1wbGUuY29t', count: { value: 1815, exact: true } },
  })
  @ApiProblems(...readerProblems)
  searchAccounts(
    @Query({ schema: accountSearchSchema }) query: AccountSearch,
    @CurrentCaller() actor: Caller,
    @Context() context: RequestContext,
  ) {
    return this.accounts.search(query, actor, context);
  }
}
