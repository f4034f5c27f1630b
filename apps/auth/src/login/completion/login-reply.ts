import type { FastifyReply } from 'fastify';
import { replyWithDevice } from '../../sessions/device-cookie/index.ts';
import type { LoginResult } from './login-completion.service.ts';

/** Sets the device cookie on the reply, and returns the body of the response. */
export function replyWithLogin(reply: FastifyReply, { answer, deviceCookie }: LoginResult): LoginResult['answer'] {
  replyWithDevice(reply, deviceCookie);
  return answer;
}
