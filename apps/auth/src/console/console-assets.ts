import { fastifyOf } from '#common';
import fastifyStatic from '@fastify/static';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { join } from 'node:path';
import { findConsole } from './console-folder.ts';

/** Serves the console's scripts and style sheets. Their names contain a hash of their content, so browsers may keep them for good. */
@Injectable()
export class ConsoleAssets implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    // not awaited: that would load what is registered so far, before Nest has set its error handler
    void fastifyOf(this.host)?.register(fastifyStatic, {
      root: join(findConsole(import.meta.dirname), 'assets'),
      prefix: '/console/assets/',
      decorateReply: false,
      index: false,
      immutable: true,
      maxAge: '365d',
      // files with .br beside them
      preCompressed: true,
    });
  }
}
