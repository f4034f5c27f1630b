import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { ConfigError, Context, loadConfig, type RequestContext } from '#common';
import { z } from 'zod';
import { Client, newEmail } from '../../../apps/auth/test/support/client.ts';
import { startTestService } from '../../../apps/auth/test/support/service.ts';
import { commonSettings } from '../src/config/common-settings.ts';
import { withApp } from './support/test-app.ts';

@Controller()
class AddressController {
  @Get('address')
  address(@Context() { address }: RequestContext) {
    return { address };
  }
}

/** The client's IP address as the service sees it; the peer is 127.0.0.1. */
async function addressSeen(trustProxy: string, forwardedFor: string): Promise<unknown> {
  let seen: unknown;
  await withApp(AddressController, { TRUST_PROXY: trustProxy }, async ({ client }) => {
    seen = (await client.call('GET', '/address', { headers: { 'x-forwarded-for': forwardedFor } })).body.address;
  });
  return seen;
}

describe('x-forwarded-for', () => {
  it.each([
    ['no trusted proxy', '', '198.51.100.7', '127.0.0.1'],
    ['no hops', '0', '198.51.100.7', '127.0.0.1'],
    ['another trusted proxy', '10.0.0.1', '198.51.100.7', '127.0.0.1'],
  ])('is ignored with %s', async (_what, trustProxy, forwardedFor, expected) => {
    expect(await addressSeen(trustProxy, forwardedFor)).toBe(expected);
  });

  it.each([
    ['127.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['127.0.0.0/8, 198.51.100.0/24', '203.0.113.9, 198.51.100.7', '203.0.113.9'],
    ['127.0.0.1, 2001:db8::/32', '203.0.113.9, 2001:db8::7', '203.0.113.9'],
    ['1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['2', '203.0.113.9, 198.51.100.7', '203.0.113.9'],
    ['3', '203.0.113.9, 198.51.100.7', '203.0.113.9'],
  ])('with TRUST_PROXY=%s, the client of %s is %s', async (trustProxy, forwardedFor, expected) => {
    expect(await addressSeen(trustProxy, forwardedFor)).toBe(expected);
  });

  it('with one hop, a private client cannot choose its IP address', async () => {
    expect(await addressSeen('1', '203.0.113.9, 10.1.2.3')).toBe('10.1.2.3');
  });

  // nodes as in RFC 7239 §6
  it.each([
    ['198.51.100.7:4711', '198.51.100.7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['"[2001:DB8:0::7]:4711"', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['fe80::7%eth0', 'fe80::7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
  ])('an entry %s means %s', async (entry, expected) => {
    expect(await addressSeen('127.0.0.1', entry)).toBe(expected);
  });

  it.each(['unknown', '_hidden', '', '198.51.100', '198.51.100.7:x', '[198.51.100.7]', '2130706433', '::1]'])(
    'an entry %s and those before it are ignored',
    async (entry) => {
      expect(await addressSeen('127.0.0.1, 203.0.113.0/24', `203.0.113.9, ${entry}`)).toBe('127.0.0.1');
    },
  );
});

it('registration and login succeed whatever x-forwarded-for contains', async () => {
  const service = await startTestService({ TRUST_PROXY: '127.0.0.1' });
  const client = new Client(service.url);
  for (const entry of ['198.51.100.7:4711', 'unknown', 'fe80::1%eth0', '[2001:db8::7]:4711']) {
    const headers = { 'x-forwarded-for': entry };
    const body = { email: newEmail(), password: 'violet-otter-hums-42-songs' };
    expect((await client.call('POST', '/auth/register', { headers, body })).status).toBe(201);
    expect((await client.call('POST', '/auth/login', { headers, body })).status).toBe(200);
  }
});

it.each(['localhost', '10.0.0.0/33', '2001:db8::/129', '10.0.0.0/', '10.0.0.1/8/8', '11', '-1', '1, 10.0.0.1'])(
  'TRUST_PROXY=%s is invalid',
  (value) => {
    const schema = z.object({ TRUST_PROXY: commonSettings.TRUST_PROXY });
    expect(() => loadConfig(schema, { TRUST_PROXY: value })).toThrow(ConfigError);
  },
);
