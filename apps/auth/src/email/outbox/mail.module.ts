import { Module, type DynamicModule } from '@nestjs/common';
import { DevMailsController } from './dev-mails.controller.ts';
import { MailDispatcher } from './mail-dispatcher.ts';
import { MailPreviews } from './mail-previews.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';

/** Sends mails through an outbox. */
@Module({
  providers: [MailDispatcher, MailPreviews, MailRepository, MailService],
  exports: [MailPreviews, MailRepository, MailService],
})
export class MailModule {}

/** Shows kept mails, for development. */
@Module({})
export class DevMailsModule {
  static register(enabled: boolean): DynamicModule {
    return { module: DevMailsModule, imports: [MailModule], controllers: enabled ? [DevMailsController] : [] };
  }
}
