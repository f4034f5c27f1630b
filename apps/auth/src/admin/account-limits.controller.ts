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
import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccountLimitsService } from './account-limits.service.ts';
import { accountNotFound, adminProblems } from './admin.problems.ts';
import { accountIdSchema } from './admin.schema.ts';

/** The rate limits of an account, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/accounts/:id/rate-limits')
export class AccountLimitsController {
  constructor(private readonly limits: AccountLimitsService) {}

  @Delete()
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Lift the rate limits of an account',
    description:
      'For admins. Forgets failed logins, codes and passwords on all devices and in all sessions of the account, and the ' +
      'e-mails to it. Limits of IP addresses stay.',
  })
  @ApiResponse({ status: 204, description: 'No limit of the account is used up.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, accountNotFound)
  liftRateLimits(
    @Param('id', { schema: accountIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.limits.lift(id, actor, context);
  }
}
