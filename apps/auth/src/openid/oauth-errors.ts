import { sendProblem, toProblem } from '#common';
import type { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers errors as clients of OAuth endpoints expect (RFC 6749 §5.2), and logs those of this service. */
export const answerOAuthErrors =
  (logger: Logger) =>
  async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const exception = toProblem(error);
    if (exception.problem.status >= 500 && exception.cause !== undefined) {
      logger.error({ err: exception.cause, code: exception.problem.code }, exception.message);
    }
    await sendProblem(reply, request.id, exception, true);
  };
