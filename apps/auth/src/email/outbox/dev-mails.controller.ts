import { Public } from '#common';
import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { MailRepository } from './mail.repository.ts';
import { outgoingMail } from './outgoing-mail.ts';

const maxListed = 100;

/** Lists the mails that a mail server would have received. For development; production does not have this route. */
@Public()
@ApiExcludeController()
@Controller('dev')
export class DevMailsController {
  constructor(private readonly outbox: MailRepository) {}

  @Get('mails')
  async list() {
    const mails = await this.outbox.listSent(maxListed);
    return { mails: mails.map(outgoingMail) };
  }
}
