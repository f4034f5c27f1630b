import { Module } from '@nestjs/common';
import { ConsoleAssets } from './console-assets.ts';
import { ConsoleController } from './console.controller.ts';

/** Serves the admins' console: the static files that apps/console is built into. */
@Module({ controllers: [ConsoleController], providers: [ConsoleAssets] })
export class ConsoleModule {}
