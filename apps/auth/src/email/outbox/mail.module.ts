import { Module, type DynamicModule } from '@nestjs/common';
import { DevMailsController } from './dev-mails.controller.ts';
import { MailDispatcher, mailsProvider } from './mail-dispatcher.ts';
import { MailService } from './mail.service.ts';

/** Mails by an outbox. */
@Module({ providers: [MailService, MailDispatcher, mailsProvider], exports: [MailService] })
export class MailModule {}

/** The kept mails, for development. */
@Module({})
export class DevMailsModule {
  static register(enabled: boolean): DynamicModule {
    return { module: DevMailsModule, imports: [MailModule], controllers: enabled ? [DevMailsController] : [] };
  }
}
