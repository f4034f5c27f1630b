import {
  ApiProblems,
  callerProblems,
  Context,
  CurrentActor,
  problems,
  type RequestContext,
  Roles,
  Scopes,
} from '#common';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { auditEventExample, auditExportSchema, auditFilterSchema, auditPageSchema } from './audit-log.schema.ts';
import { AuditLogService } from './audit-log.service.ts';

const readerProblems = [...callerProblems, problems.roleRequired, problems.scopeRequired];
const mediaTypes = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };

/** The audit trail, for admins and for programs with the scope `audit:read`. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Scopes(['audit:read'])
@Controller('auth/admin/audit')
export class AuditLogController {
  constructor(private readonly auditLog: AuditLogService) {}

  @Get()
  @ApiOperation({
    summary: 'Search the audit trail',
    description:
      'For admins and for programs with the scope `audit:read`. Returns pages of events, the latest first. ' +
      'With `since` it returns what has happened after an event, the oldest first.',
  })
  @ApiResponse({
    status: 200,
    description: 'A page of events.',
    standardSchema: auditPageSchema,
    example: { events: [auditEventExample], next: auditEventExample.id },
  })
  @ApiProblems(...readerProblems)
  searchAudit(
    @Query({ schema: auditFilterSchema }) query: z.output<typeof auditFilterSchema>,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    return this.auditLog.page(query, actorId, context);
  }

  @Get('export')
  @ApiOperation({
    summary: 'Export the audit trail',
    description: 'For admins and for programs with the scope `audit:read`. Streams all matching events.',
  })
  @ApiProduces('application/x-ndjson', 'text/csv')
  @ApiResponse({
    status: 200,
    description: 'The matching events, the latest first.',
    schema: { type: 'string' },
    example: `${JSON.stringify(auditEventExample)}\n`,
  })
  @ApiProblems(...readerProblems)
  async exportAudit(
    @Query({ schema: auditExportSchema }) { format, ...filter }: z.output<typeof auditExportSchema>,
    @CurrentActor() actorId: string,
    @Context() context: RequestContext,
  ) {
    const stream = await this.auditLog.export(filter, format, actorId, context);
    const disposition = `attachment; filename="audit.${format}"`;
    return new StreamableFile(stream, { type: mediaTypes[format], disposition });
  }
}
