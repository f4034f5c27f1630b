import { join } from 'node:path';
import { connections, randomIp, sampleOf } from '../lib/measure.ts';
import { emailOf, password } from '../lib/population.ts';
import type { Program } from '../lib/programs.ts';
import type { Comparison, Side } from '../lib/rounds.ts';
import { issuer, type Stage } from '../lib/stage.ts';

export const openIdMembers = ['OpenID refresh', 'code flow', 'discovery'];
export const applicationsFile = join(import.meta.dirname, 'applications.json');

const application = { client_id: 'bench', redirect_uri: 'https://app.example.com/signed-in' };

/** Compares the OpenID provider with the bare library on its store in memory. The service's browsers are signed in beforehand. */
export async function openIdComparisons(stage: Stage, service: Program): Promise<Comparison[]> {
  const control = await stage.start('bench/controls/openid-provider.ts', {
    CLIENT_ID: application.client_id,
    REDIRECT_URI: application.redirect_uri,
    BROWSERS: String(connections),
  });
  const programs: Record<Side, Program> = { subject: service, control };
  const browsers: Record<Side, string[]> = { subject: [], control: [] };
  for (let number = 0; number < connections; number += 1) {
    browsers.subject.push(await signIn(service.url, number + 1));
    browsers.control.push(`session=${String(number)}`);
  }
  const postgresPid = await stage.postgresPid();
  const bare = 'bare oidc-provider, in memory';
  const sample = (side: Side, seconds: number, load: Partial<Parameters<typeof sampleOf>[3]>) =>
    sampleOf(stage.generator, programs[side], postgresPid, { connections, seconds, calls: [], ...load });

  return [
    {
      name: 'OpenID refresh',
      control: bare,
      measure: async (side, seconds) => {
        const chain = `OpenID ${side}`;
        // every load loses the tokens that its connections hold at its end
        for (let kept = 0; kept < 4 * connections;) {
          const { perSecond, errors } = await sample(side, 1, {
            codeFlow: { application, browsers: browsers[side], chain },
          });
          if (errors > 0) {
            throw new Error(`${String(errors)} code flows failed`);
          }
          kept += perSecond;
        }
        return sample(side, seconds, {
          chain: { name: chain, path: '/openid/token', tokens: [], clientId: application.client_id },
        });
      },
    },
    {
      name: 'code flow',
      control: bare,
      measure: (side, seconds) => sample(side, seconds, { codeFlow: { application, browsers: browsers[side] } }),
    },
    {
      name: 'discovery',
      control: bare,
      measure: (side, seconds) =>
        sample(side, seconds, { calls: [{ method: 'GET', path: '/.well-known/openid-configuration' }] }),
    },
  ];
}

/** Signs an account in at the sign-in page, and returns the browser's `cookie` header. */
async function signIn(url: string, account: number): Promise<string> {
  const response = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: issuer, 'x-forwarded-for': randomIp() },
    body: new URLSearchParams({ email: emailOf(account), password }),
  });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.replace(/;.*/, ''))
    .join('; ');
}
