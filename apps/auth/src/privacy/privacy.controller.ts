import { ApiProblems, Context, CurrentPrincipal, problems, type Principal, type RequestContext } from '#common';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { personalDataExample, personalDataSchema } from './privacy.schema.ts';
import { PrivacyService } from './privacy.service.ts';

/** What an account's owner may know. */
@ApiTags('accounts')
@Controller('auth')
export class PrivacyController {
  constructor(private readonly privacy: PrivacyService) {}

  @Get('me/export')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Export the caller’s data',
    description: 'All that is stored about the account, its sessions and its events too, but no secret and no hash.',
  })
  @ApiResponse({
    status: 200,
    description: 'The data.',
    standardSchema: personalDataSchema,
    example: personalDataExample,
  })
  @ApiProblems(
    problems.validationFailed,
    problems.tokenMissing,
    problems.tokenInvalid,
    problems.tokenExpired,
    tooManyAttempts,
    problems.databaseUnavailable,
  )
  async exportMe(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    const data = Readable.from(await this.privacy.export(principal, context));
    return new StreamableFile(data, { type: 'application/json', disposition: 'attachment; filename="account.json"' });
  }
}
