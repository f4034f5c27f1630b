/** The smallest Nest application on Fastify: the control for start-up, memory and size. */
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import 'reflect-metadata';
import { decorate } from './decorate.ts';

class HelloController {
  hello() {
    return { hello: 'world' };
  }
}
decorate(HelloController.prototype, 'hello', Get('hello'));
Controller()(HelloController);

// eslint-disable-next-line @typescript-eslint/no-extraneous-class
class HelloModule {}
Module({ controllers: [HelloController] })(HelloModule);

const app = await NestFactory.create<NestFastifyApplication>(HelloModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
process.on('SIGTERM', () => void app.close());
