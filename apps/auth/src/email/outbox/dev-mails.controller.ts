import { Public } from '#common';
import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { MailService } from './mail.service.ts';

const shown = 100;

/** For development: the mails that would have been sent. Not part of the service in production. */
@Public()
@ApiExcludeController()
@Controller('dev')
export class DevMailsController {
  constructor(private readonly mails: MailService) {}

  @Get('mails')
  async list() {
    return { mails: await this.mails.kept(shown) };
  }
}
