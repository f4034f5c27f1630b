import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

/** Documents the cookie of a known device, which a change of what opens the account replaces. */
export const ApiDeviceCookie = () =>
  ApiHeader({
    name: 'cookie',
    required: false,
    description: 'the `device` cookie of an earlier login, which is replaced',
    schema: { type: 'string' },
  });

/** Sets the device cookie on the reply, if there is one. */
export function replyWithDevice(reply: FastifyReply, setCookie: string | undefined): void {
  if (setCookie !== undefined) {
    reply.header('set-cookie', setCookie);
  }
}
