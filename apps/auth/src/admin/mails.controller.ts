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
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { mailDisabled, mailInDelivery, mailLinkExpired, mailNotFound, MailPreviews } from '../email/outbox/index.ts';
import type { MailTemplate } from '../texts/index.ts';
import { adminProblems } from './admin.problems.ts';
import {
  mailExample,
  mailIdSchema,
  mailPageSchema,
  mailQuerySchema,
  mailSchema,
  previewExample,
  previewListExample,
  previewListSchema,
  previewQuerySchema,
  previewSchema,
  previewTemplateSchema,
  toMailView,
  type MailQuery,
} from './mails.schema.ts';
import { AdminMailsService } from './mails.service.ts';

/** The outbox and what its mails look like, for admins. */
@ApiTags('admin')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin')
export class AdminMailsController {
  constructor(
    private readonly mails: AdminMailsService,
    private readonly previews: MailPreviews,
  ) {}

  @Get('mails')
  @ApiOperation({ summary: 'List the mails in the outbox', description: 'For admins. Without their content.' })
  @ApiResponse({
    status: 200,
    description: 'A page of mails.',
    standardSchema: mailPageSchema,
    example: { mails: [mailExample], next: 'MjAyNi0xMS0yNVQxMjowMDowMC4wMDAwMDBaLDAxOTlm' },
  })
  @ApiProblems(...adminProblems)
  listMails(
    @Query({ schema: mailQuerySchema }) query: MailQuery,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.mails.list(query, actor, context);
  }

  @Post('mails/:id/retry')
  @RequireRecentLogin({})
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send a mail again',
    description: 'For admins. Makes a mail that waits or has failed due now, unless its link has expired.',
  })
  @ApiResponse({
    status: 200,
    description: 'The mail, which is sent within seconds.',
    standardSchema: mailSchema,
    example: { ...mailExample, attempts: 0 },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, mailNotFound, mailLinkExpired, mailInDelivery, mailDisabled)
  async retryMail(
    @Param('id', { schema: mailIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return toMailView(await this.mails.retry(id, actor, context));
  }

  @Get('mail-previews')
  @ApiOperation({ summary: 'List the mails that can be shown', description: 'For admins. All mails in all languages.' })
  @ApiResponse({
    status: 200,
    description: 'The mails.',
    standardSchema: previewListSchema,
    example: previewListExample,
  })
  @ApiProblems(...adminProblems)
  listMailPreviews() {
    return { previews: this.previews.list() };
  }

  @Get('mail-previews/:template')
  @ApiOperation({
    summary: 'Show a mail with example values',
    description: 'For admins. As it is sent. Show the HTML in a frame without scripts.',
  })
  @ApiResponse({ status: 200, description: 'The mail.', standardSchema: previewSchema, example: previewExample })
  @ApiProblems(...adminProblems)
  showMailPreview(
    @Param('template', { schema: previewTemplateSchema }) template: MailTemplate,
    @Query({ schema: previewQuerySchema }) { locale }: z.output<typeof previewQuerySchema>,
  ) {
    return this.previews.show(template, locale);
  }
}
