import { bodyProblems } from '#common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { tooManyAttempts } from '../../rate-limits/index.ts';
import { flowTtlSeconds } from './flow-cookie.ts';
import type { StartedFlow } from './flows.service.ts';
import { providerUnavailable, providerUnknown } from './social-login.problems.ts';
import type { FlowView } from './social-login.schema.ts';

/** The problems that any step of a flow can respond with. */
export const flowProblems = [...bodyProblems, providerUnknown, tooManyAttempts, providerUnavailable];

/** Documents the cookie that the end of a flow requires. */
export const ApiFlowCookie = () =>
  ApiHeader({
    name: 'cookie',
    required: false,
    description:
      'the `social_flow` cookie (in production `__Host-social_flow`) that the start has set; without it the flow can’t be completed',
    schema: { type: 'string' },
  });

/** Sets the flow's cookie on the reply, and returns the body of the response. */
export function replyWithFlow(reply: FastifyReply, { authorizationUrl, cookie }: StartedFlow): FlowView {
  reply.header('set-cookie', cookie);
  return { authorization_url: authorizationUrl, expires_in: flowTtlSeconds };
}
