import { Controller, Get, Module } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { Context, createHttpApp, loadConfig, LoggingModule, type RequestContext } from '#common';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Client } from '../../../apps/auth/test/support/client.ts';
import { commonSettings } from '../src/config/common-settings.ts';

@Controller()
class SlowController {
  @Get('slow')
  async slow() {
    await sleep(300);
    return {};
  }

  @Get('address')
  address(@Context() { address }: RequestContext) {
    return { address };
  }
}

@Module({
  imports: [LoggingModule.register({ NODE_ENV: 'test', LOG_LEVEL: 'silent' })],
  controllers: [SlowController],
})
class SlowModule {}

async function withClient(settings: NodeJS.ProcessEnv, use: (client: Client) => Promise<void>): Promise<void> {
  const schema = z.object(commonSettings).omit({ DATABASE_URL: true });
  const app = await createHttpApp(SlowModule, loadConfig(schema, { LOG_LEVEL: 'silent', ...settings }));
  await app.listen(0, '127.0.0.1');
  try {
    await use(new Client(await app.getUrl()));
  } finally {
    await app.close();
  }
}

it('serves no more requests at once than configured, and refuses the rest at once', () =>
  withClient({ MAX_IN_FLIGHT_REQUESTS: '5' }, async (client) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.call('GET', '/slow')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused).toHaveLength(15);
    expect([refused[0]?.body.code, refused[0]?.headers.get('retry-after')]).toEqual(['overloaded', '1']);
    expect((await client.call('GET', '/slow')).status).toBe(200);
  }));

const forwarded = { headers: { 'x-forwarded-for': '198.51.100.7' } };

it('believes x-forwarded-for of no one', () =>
  withClient({}, async (client) => {
    expect((await client.call('GET', '/address', forwarded)).body.address).toBe('127.0.0.1');
  }));

it('believes x-forwarded-for of a trusted proxy', () =>
  withClient({ TRUST_PROXY: '127.0.0.0/8, 10.0.0.1' }, async (client) => {
    expect((await client.call('GET', '/address', forwarded)).body.address).toBe('198.51.100.7');
  }));
