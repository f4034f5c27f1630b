import { expect, it } from 'vitest';
import { Client } from './support/client.ts';
import { OpenIdProvider } from './support/openid-provider.ts';
import { productionSettings, startTestService } from './support/service.ts';

it('in production, cookies are for this host, HTTPS and no script', async () => {
  const origin = productionSettings.TOKEN_ISSUER;
  const alpha = await OpenIdProvider.start('alpha', [`${origin}/sign-in/provider/alpha/callback`]);
  const { url } = await startTestService({
    ...productionSettings,
    OIDC_PROVIDERS: JSON.stringify([alpha.settings]),
  });
  const client = new Client(url);
  const { refreshToken } = await client.newAccount();
  const session = { headers: { origin }, body: { refresh_token: refreshToken } };
  const open = (path: string) => fetch(url + path, { redirect: 'manual' });
  const answers = [
    await client.call('POST', '/auth/session', session),
    await open('/verify-email?token=ot_x'),
    await open('/sign-in/provider/alpha'),
  ];
  const cookies = answers.flatMap(({ headers }) => headers.getSetCookie());
  expect(cookies.map((cookie) => cookie.split('=', 1)[0]).sort()).toEqual([
    '__Host-continue',
    '__Host-links',
    '__Host-session',
    '__Host-social_flow',
  ]);
  for (const cookie of cookies) {
    expect(cookie.split('; ').slice(1)).toEqual(
      expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']),
    );
  }
});
