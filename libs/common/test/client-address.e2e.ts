import { Controller, Get } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { Context, type RequestContext } from '#common';
import { withApp } from './support/test-app.ts';

@Controller()
class AddressController {
  @Get('address')
  address(@Context() { address }: RequestContext) {
    return { address };
  }
}

const forwarded = { headers: { 'x-forwarded-for': '198.51.100.7' } };

it('ignores x-forwarded-for by default', () =>
  withApp(AddressController, {}, async ({ client }) => {
    expect((await client.call('GET', '/address', forwarded)).body.address).toBe('127.0.0.1');
  }));

it('uses x-forwarded-for from a trusted proxy', () =>
  withApp(AddressController, { TRUST_PROXY: '127.0.0.0/8, 10.0.0.1' }, async ({ client }) => {
    expect((await client.call('GET', '/address', forwarded)).body.address).toBe('198.51.100.7');
  }));
