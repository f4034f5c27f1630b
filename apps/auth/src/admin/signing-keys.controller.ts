import { ApiProblems, Roles } from '#common';
import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { signingKeyListExample, signingKeyListSchema, SigningKeysService } from '../signing-keys/index.ts';
import { adminProblems } from './admin.problems.ts';

/** The signing keys, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/signing-keys')
export class SigningKeyListController {
  constructor(private readonly keys: SigningKeysService) {}

  @Get()
  @ApiOperation({
    summary: 'List the signing keys',
    description: 'For admins. Without their private parts. `POST /auth/keys/rotate` makes successors.',
  })
  @ApiResponse({
    status: 200,
    description: 'The keys.',
    standardSchema: signingKeyListSchema,
    example: signingKeyListExample,
  })
  @ApiProblems(...adminProblems)
  async listSigningKeys() {
    const keys = await this.keys.describe();
    return {
      keys: keys.map(({ kid, algorithm, createdAt, activeFrom, retiredAt, isActive }) => ({
        kid,
        algorithm,
        created_at: createdAt.toISOString(),
        active_from: activeFrom.toISOString(),
        retired_at: retiredAt?.toISOString() ?? null,
        active: isActive,
      })),
    };
  }
}
