/** A program on a person's device that signs them in: in a browser here, or with --device in a browser elsewhere. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as openid from 'openid-client';

const issuer = new URL(process.env['ISSUER'] ?? 'http://localhost:3000');
const clientId = process.env['CLIENT_ID'] ?? 'native-app';
const scope = 'openid email profile';
const timeoutMs = 600_000;

const print = (line: string) => process.stdout.write(`${line}\n`);

/** Signs in by a browser on this device, which comes back to a port of this program (RFC 8252 §7.3). */
async function signInByBrowser(client: openid.Configuration) {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-in`;
  const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  print(`Open ${url.href}`);
  const answer = await answerAt(server, redirectUri, state);
  return openid.authorizationCodeGrant(client, answer, { pkceCodeVerifier: verifier, expectedState: state });
}

/** Waits for the browser to come back. Anything else on this device may call the port too, but does not know the state. */
function answerAt(server: Server, redirectUri: string, state: string): Promise<URL> {
  return new Promise((resolve, reject) => {
    server.on('request', (request, response) => {
      const answer = URL.parse(request.url ?? '/', redirectUri);
      if (answer?.searchParams.get('state') !== state) {
        response.writeHead(404).end();
        return;
      }
      response.setHeader('connection', 'close').end('You can close this page and return to the program.\n');
      server.close();
      resolve(answer);
    });
    setTimeout(() => reject(new Error('nobody has signed in')), timeoutMs).unref();
  });
}

/** Signs in by a browser on another device, where the person types a code (RFC 8628). */
async function signInByDevice(client: openid.Configuration) {
  const code = await openid.initiateDeviceAuthorization(client, { scope });
  print(`Open ${code.verification_uri} on any device, and enter ${code.user_code}`);
  return openid.pollDeviceAuthorizationGrant(client, code);
}

// without TLS for development alone
// eslint-disable-next-line @typescript-eslint/no-deprecated
const execute = issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : [];
// no secret: everybody who has the program would have it too
const client = await openid.discovery(issuer, clientId, undefined, openid.None(), { execute });
const tokens = await (process.argv.includes('--device') ? signInByDevice : signInByBrowser)(client);
const { sub = '' } = tokens.claims() ?? {};
const person = await openid.fetchUserInfo(client, tokens.access_token, sub);
print(`Hello ${person.name ?? person.email ?? sub}`);
// a program that keeps the refresh token in the system's key store need not ask again
await openid.tokenRevocation(client, String(tokens.refresh_token));
