import { Controller, Get, Module } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { Context, createHttpApp, loadConfig, LoggingModule, type RequestContext } from '#common';
import { z } from 'zod';
import { Client, type Answer } from '../../../apps/auth/test/support/client.ts';
import { commonSettings } from '../src/config/common-settings.ts';

/** Delays responses of `/slow` until it is resolved. */
const released = Promise.withResolvers<undefined>();

@Controller()
class SlowController {
  @Get('slow')
  async slow() {
    await released.promise;
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

it('rejects requests beyond the concurrency limit immediately', () =>
  withClient({ MAX_IN_FLIGHT_REQUESTS: '5' }, async (client) => {
    const refused: Answer[] = [];
    const allRefused = Promise.withResolvers<undefined>();
    const answers = Array.from({ length: 20 }, async () => {
      const answer = await client.call('GET', '/slow');
      if (answer.status === 503 && refused.push(answer) === 15) {
        allRefused.resolve(undefined);
      }
      return answer;
    });
    await allRefused.promise;
    released.resolve(undefined);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect([refused[0]?.body.code, refused[0]?.headers.get('retry-after')]).toEqual(['overloaded', '1']);
    expect((await client.call('GET', '/slow')).status).toBe(200);
  }));

const forwarded = { headers: { 'x-forwarded-for': '198.51.100.7' } };

it('ignores x-forwarded-for by default', () =>
  withClient({}, async (client) => {
    expect((await client.call('GET', '/address', forwarded)).body.address).toBe('127.0.0.1');
  }));

it('uses x-forwarded-for from a trusted proxy', () =>
  withClient({ TRUST_PROXY: '127.0.0.0/8, 10.0.0.1' }, async (client) => {
    expect((await client.call('GET', '/address', forwarded)).body.address).toBe('198.51.100.7');
  }));
