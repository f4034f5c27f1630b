import { ApiProblems, Roles } from '#common';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { adminProblems } from './admin.problems.ts';
import { statisticsExample, statisticsQuerySchema, statisticsSchema } from './statistics.schema.ts';
import { StatisticsService } from './statistics.service.ts';

/** Statistics of the service. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/statistics')
export class StatisticsController {
  constructor(private readonly statistics: StatisticsService) {}

  @Get()
  @ApiOperation({
    summary: 'Show statistics',
    description:
      'For admins. Logins, registrations and rejected attempts by time, and the present state. Each replica adds what it has counted ' +
      'every 5 seconds; a crash loses the last seconds. The audit trail has each login and registration exactly.',
  })
  @ApiResponse({
    status: 200,
    description: 'The statistics.',
    standardSchema: statisticsSchema,
    example: statisticsExample,
  })
  @ApiProblems(...adminProblems)
  showStatistics(@Query({ schema: statisticsQuerySchema }) { period }: z.output<typeof statisticsQuerySchema>) {
    return this.statistics.show(period);
  }
}
