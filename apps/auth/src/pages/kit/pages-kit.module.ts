import { Module } from '@nestjs/common';
import { BrowserSessionsModule } from '../../sessions/browser-sessions/index.ts';
import { AssetsController } from './assets.controller.ts';
import { PageHeaders } from './page-headers.ts';
import { RequestingApplications } from './requesting-applications.ts';

/** What all pages have in common. */
@Module({
  imports: [BrowserSessionsModule],
  controllers: [AssetsController],
  providers: [PageHeaders, RequestingApplications],
  exports: [BrowserSessionsModule, RequestingApplications],
})
export class PagesKitModule {}
