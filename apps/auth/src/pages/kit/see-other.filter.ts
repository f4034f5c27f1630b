import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { SeeOther } from './page.ts';

/** Sends the browser to another page. */
@Catch(SeeOther)
export class SeeOtherFilter implements ExceptionFilter<SeeOther> {
  async catch({ location }: SeeOther, host: ArgumentsHost): Promise<void> {
    await host.switchToHttp().getResponse<FastifyReply>().redirect(location, 303);
  }
}
