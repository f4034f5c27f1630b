import {
  ApiProblems,
  bodyProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  recentLoginProblems,
  RequireRecentLogin,
  type RequestContext,
  Roles,
} from '#common';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  deliveryNotFound,
  deliveryWaiting,
  webhookDisabled,
  webhookNotFound,
  webhooksFull,
  webhookUrlRefused,
} from './webhooks.problems.ts';
import {
  createdEndpointSchema,
  deliveryExample,
  deliveryFilterSchema,
  deliveryIdSchema,
  deliveryPageSchema,
  deliveryView,
  endpointExample,
  endpointListSchema,
  endpointSchema,
  endpointSettingsSchema,
  endpointView,
  issuedSecretSchema,
  queuedSchema,
  replayedSchema,
  replaySchema,
  secretExample,
  secretRotationSchema,
  webhookIdSchema,
  type EndpointBody,
} from './webhooks.schema.ts';
import { WebhooksService } from './webhooks.service.ts';

const adminProblems = [...callerProblems, problems.roleRequired];

/** Webhooks, their secrets and their deliveries, for admins. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('auth/admin/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @RequireRecentLogin({})
  @ApiOperation({ summary: 'Create a webhook', description: 'For admins. The secret is shown only once.' })
  @ApiResponse({
    status: 201,
    description: 'The new webhook.',
    standardSchema: createdEndpointSchema,
    example: { ...endpointExample, ...secretExample },
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, webhookUrlRefused, webhooksFull)
  async createWebhook(
    @Body({ schema: endpointSettingsSchema }) body: EndpointBody,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    const { endpoint, secret } = await this.webhooks.create(body, { actor, context });
    return { ...endpointView(endpoint), secret };
  }

  @Get()
  @ApiOperation({ summary: 'List webhooks', description: 'For admins.' })
  @ApiResponse({
    status: 200,
    description: 'The webhooks.',
    standardSchema: endpointListSchema,
    example: { webhooks: [endpointExample] },
  })
  @ApiProblems(...adminProblems)
  async listWebhooks() {
    return { webhooks: (await this.webhooks.list()).map(endpointView) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a webhook', description: 'For admins.' })
  @ApiResponse({ status: 200, description: 'The webhook.', standardSchema: endpointSchema, example: endpointExample })
  @ApiProblems(...adminProblems, webhookNotFound)
  async getWebhook(@Param('id', { schema: webhookIdSchema }) id: string) {
    return endpointView(await this.webhooks.view(id));
  }

  @Put(':id')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Change a webhook',
    description: 'For admins. The secret stays. What waits for a disabled webhook is delivered once it is enabled.',
  })
  @ApiResponse({ status: 200, description: 'The webhook.', standardSchema: endpointSchema, example: endpointExample })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, webhookUrlRefused, webhookNotFound)
  async changeWebhook(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @Body({ schema: endpointSettingsSchema }) body: EndpointBody,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return endpointView(await this.webhooks.replace(id, body, { actor, context }));
  }

  @Delete(':id')
  @RequireRecentLogin({})
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a webhook',
    description:
      'For admins. Its receiver gets nothing more, not even that it was deleted. Pending messages are not delivered, and its deliveries are deleted soon.',
  })
  @ApiResponse({ status: 204, description: 'Deleted.' })
  @ApiProblems(...adminProblems, ...recentLoginProblems, webhookNotFound)
  deleteWebhook(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.webhooks.delete(id, { actor, context });
  }

  @Post(':id/secret')
  @RequireRecentLogin({})
  @ApiOperation({
    summary: 'Give a webhook a new secret',
    description:
      'For admins. It is shown only once. For `overlap_seconds`, messages are signed with the new secret and with the previous one.',
  })
  @ApiResponse({
    status: 201,
    description: 'The new secret.',
    standardSchema: issuedSecretSchema,
    example: secretExample,
  })
  @ApiProblems(...adminProblems, ...recentLoginProblems, ...bodyProblems, webhookNotFound)
  async rotateWebhookSecret(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @Body({ schema: secretRotationSchema }) body: z.output<typeof secretRotationSchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return { secret: await this.webhooks.rotateSecret(id, body.overlap_seconds, { actor, context }) };
  }

  @Post(':id/test')
  @HttpCode(202)
  @ApiOperation({ summary: 'Try a webhook', description: 'For admins. Queues a message of the type `webhook.test`.' })
  @ApiResponse({
    status: 202,
    description: 'The message is queued.',
    standardSchema: queuedSchema,
    example: { id: deliveryExample.id },
  })
  @ApiProblems(...adminProblems, webhookNotFound, webhookDisabled)
  async testWebhook(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return { id: await this.webhooks.test(id, { actor, context }) };
  }

  @Get(':id/deliveries')
  @ApiOperation({
    summary: 'List the deliveries of a webhook',
    description:
      'For admins. Returns pages, the oldest first; the dead letters by default. Delivered ones are kept for 7 days, others for 30.',
  })
  @ApiResponse({
    status: 200,
    description: 'A page of deliveries.',
    standardSchema: deliveryPageSchema,
    example: { deliveries: [deliveryExample], next: deliveryExample.id },
  })
  @ApiProblems(...adminProblems, webhookNotFound)
  async listWebhookDeliveries(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @Query({ schema: deliveryFilterSchema }) query: z.output<typeof deliveryFilterSchema>,
  ) {
    const { deliveries, next } = await this.webhooks.page(id, query);
    return { deliveries: deliveries.map(deliveryView), next };
  }

  @Post(':id/deliveries/:deliveryId/replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Deliver a message again',
    description: 'For admins. It keeps its `webhook-id`, by which a receiver recognises what it has processed.',
  })
  @ApiResponse({ status: 202, description: 'The message waits for its delivery.' })
  @ApiProblems(...adminProblems, webhookNotFound, deliveryNotFound, deliveryWaiting)
  replayWebhookDelivery(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @Param('deliveryId', { schema: deliveryIdSchema }) deliveryId: string,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return this.webhooks.replay(id, deliveryId, { actor, context });
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Deliver the dead letters of a webhook again',
    description: 'For admins. The oldest 1000 since a moment; repeat the request until it returns 0.',
  })
  @ApiResponse({
    status: 202,
    description: 'The messages wait for their delivery.',
    standardSchema: replayedSchema,
    example: { replayed: 12 },
  })
  @ApiProblems(...adminProblems, ...bodyProblems, webhookNotFound)
  async replayWebhook(
    @Param('id', { schema: webhookIdSchema }) id: string,
    @Body({ schema: replaySchema }) body: z.output<typeof replaySchema>,
    @CurrentPrincipal() actor: Principal,
    @Context() context: RequestContext,
  ) {
    return { replayed: await this.webhooks.replayFailed(id, body.since, { actor, context }) };
  }
}
