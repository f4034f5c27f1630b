import { ApiProblems, Roles, settingsInForce } from '#common';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AUTH_CONFIG, authSettings, type AuthConfig } from '../config.ts';
import { adminProblems } from './admin.problems.ts';
import { settingListExample, settingListSchema, toSettingList } from './settings.schema.ts';

/** The settings in force, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/settings')
export class SettingsController {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  @Get()
  @ApiOperation({
    summary: 'List the settings',
    description:
      'For admins. The settings of the replica that responds. Of a secret it tells only whether it is set. URLs are shown without ' +
      'credentials and query.',
  })
  @ApiResponse({
    status: 200,
    description: 'The settings.',
    standardSchema: settingListSchema,
    example: settingListExample,
  })
  @ApiProblems(...adminProblems)
  listSettings() {
    return toSettingList(settingsInForce(authSettings, this.config));
  }
}
