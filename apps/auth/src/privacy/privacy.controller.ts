import { ApiProblems, callerProblems, Context, CurrentPrincipal, type Principal, type RequestContext } from '#common';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import { tooManyAttempts } from '../rate-limits/index.ts';
import { personalDataExample, personalDataSchema } from './privacy.schema.ts';
import { PrivacyService } from './privacy.service.ts';

/** Export of an account's personal data. */
@ApiTags('accounts')
@Controller('auth')
export class PrivacyController {
  constructor(private readonly privacy: PrivacyService) {}

  @Get('me/export')
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Export the caller’s data',
    description:
      'Everything stored about the account, including sessions and audit events, without secrets, hashes and private metadata.',
  })
  @ApiResponse({
    status: 200,
    description: 'The data, by kind.',
    standardSchema: personalDataSchema,
    example: personalDataExample,
  })
  @ApiProblems(...callerProblems, tooManyAttempts)
  async exportMe(@CurrentPrincipal() principal: Principal, @Context() context: RequestContext) {
    const data = Readable.from(await this.privacy.export(principal, context));
    return new StreamableFile(data, { type: 'application/json', disposition: 'attachment; filename="account.json"' });
  }
}
