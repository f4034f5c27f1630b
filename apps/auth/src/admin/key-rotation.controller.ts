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
import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AdminAuthorityService } from '../accounts/index.ts';
import { KeyRotationService, rotationExample, rotationSchema } from '../signing-keys/index.ts';
import { adminProblems } from './admin.problems.ts';

/** Rotates the signing keys on demand. */
@ApiTags('keys')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/keys')
export class KeyRotationController {
  constructor(
    private readonly authority: AdminAuthorityService,
    private readonly keyRotation: KeyRotationService,
  ) {}

  @Post('rotate')
  @RequireRecentLogin({})
  @HttpCode(200)
  @ApiOperation({
    summary: 'Rotate the signing keys',
    description:
      'For admins. Makes successors, for each algorithm one, that are published at once and sign later. Existing tokens stay valid.',
  })
  @ApiResponse({ status: 200, description: 'The new keys.', standardSchema: rotationSchema, example: rotationExample })
  @ApiProblems(...adminProblems, ...recentLoginProblems)
  rotateKeys(@CurrentPrincipal() actor: Principal, @Context() context: RequestContext) {
    return this.keyRotation.rotate(context, actor.accountId, (manager) => this.authority.assert(manager, actor));
  }
}
