import {
  ApiProblems,
  BodyStream,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  NdjsonBody,
  type Principal,
  problems,
  recentLoginProblems,
  type RequestContext,
  RequireRecentLogin,
  Roles,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  importEnded,
  importForeign,
  importMoved,
  importNotFound,
  importRunning,
  importTooLarge,
} from './import-runs.problems.ts';
import {
  importExample,
  importIdSchema,
  importListSchema,
  importPositionSchema,
  importSchema,
  maxPartBytes,
  newImportSchema,
  toImport,
} from './import-runs.schema.ts';
import { ImportRunsService } from './import-runs.service.ts';

const adminProblems = [...callerProblems, problems.roleRequired];

/** Imports of accounts, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/imports')
export class ImportRunsController {
  constructor(private readonly runs: ImportRunsService) {}

  @Post()
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Start an import of accounts',
    description:
      'For admins. Send the lines of the file afterwards, in order and in parts, then finish the import. One import runs at a time; ' +
      'one that gets no lines for two minutes stops.',
  })
  @ApiResponse({
    status: 201,
    description: 'The import.',
    standardSchema: importSchema,
    example: { ...importExample, lines: 0, created: 0, existing: 0, refused: 0 },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, importRunning)
  async startImport(
    @Body({ schema: newImportSchema }) body: z.output<typeof newImportSchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toImport(await this.runs.start(body.dry_run, actor, context));
  }

  @Get()
  @ApiOperation({ summary: 'List imports of accounts', description: 'For admins. The latest 20, kept for 30 days.' })
  @ApiResponse({
    status: 200,
    description: 'The imports, the latest first.',
    standardSchema: importListSchema,
    example: { imports: [importExample] },
  })
  @ApiProblems(...adminProblems)
  async listImports() {
    return { imports: (await this.runs.list()).map(toImport) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get an import of accounts', description: 'For admins. How far it has come.' })
  @ApiResponse({ status: 200, description: 'The import.', standardSchema: importSchema, example: importExample })
  @ApiProblems(...adminProblems, importNotFound)
  async getImport(@Param('id', { schema: importIdSchema }) id: string) {
    return toImport(await this.runs.find(id));
  }

  @Post(':id/lines')
  @HttpCode(200)
  @NdjsonBody({ email: 'grace@example.com', password_hash: null })
  @ApiOperation({
    summary: 'Import the next lines',
    description:
      'For the admin who started the import, in the same session. The body is the next up to 500 whole lines of the file, at most ' +
      '1 MiB, each an account as `accounts export` writes it. All of them are processed in one transaction. After a lost response, ' +
      'get the import: its `lines` say where to go on. A line that makes an admin is refused.',
  })
  @ApiResponse({ status: 200, description: 'The import.', standardSchema: importSchema, example: importExample })
  @ApiProblems(
    ...adminProblems,
    problems.bodyTooLarge,
    problems.badRequest,
    problems.ndjsonRequired,
    importForeign,
    importNotFound,
    importEnded,
    importMoved,
    importTooLarge,
  )
  async importLines(
    @Param('id', { schema: importIdSchema }) id: string,
    @Query({ schema: importPositionSchema }) { after }: z.output<typeof importPositionSchema>,
    @BodyStream(maxPartBytes) body: AsyncIterable<Buffer>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toImport(await this.runs.addLines(id, after, body, actor, context));
  }

  @Post(':id/finish')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Finish an import of accounts',
    description: 'For the admin who started it, in the same session, after the last line.',
  })
  @ApiResponse({
    status: 200,
    description: 'The import.',
    standardSchema: importSchema,
    example: { ...importExample, state: 'finished', ended_at: '2026-11-25T12:01:00.000Z' },
  })
  @ApiProblems(...adminProblems, importForeign, importNotFound, importEnded)
  async finishImport(
    @Param('id', { schema: importIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toImport(await this.runs.finish(id, actor, context));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Stop an import of accounts',
    description: 'For admins. Accounts that it has created stay.',
  })
  @ApiResponse({ status: 204, description: 'The import takes no more lines.' })
  @ApiProblems(...adminProblems, importNotFound, importEnded)
  stopImport(
    @Param('id', { schema: importIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.runs.stop(id, actor, context);
  }

  @Get(':id/refused')
  @ApiOperation({
    summary: 'Download the refused lines of an import',
    description: 'For admins. The number of each line, and the reason, which quotes nothing of the line.',
  })
  @ApiProduces('text/csv')
  @ApiResponse({
    status: 200,
    description: 'The lines in their order.',
    schema: { type: 'string' },
    example: '"line","reason"\r\n"3","password_hash: unknown hash format"\r\n',
  })
  @ApiProblems(...adminProblems, importNotFound)
  async downloadRefusedLines(@Param('id', { schema: importIdSchema }) id: string) {
    const disposition = 'attachment; filename="refused.csv"';
    return new StreamableFile(await this.runs.refused(id), { type: 'text/csv; charset=utf-8', disposition });
  }
}
