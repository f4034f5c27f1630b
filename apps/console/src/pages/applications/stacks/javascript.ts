import { quoted, type Values } from './values.ts';

/** Lets a client call a provider without TLS, which is for development alone. */
const isInsecure = (issuer: string) => issuer.startsWith('http:');

const discovery = ({ issuer, clientId, hasKeys }: Values, isPublic = false) => {
  const authentication = isPublic
    ? 'openid.None()'
    : hasKeys
      ? 'openid.PrivateKeyJwt(privateKey)'
      : 'openid.ClientSecretBasic(process.env.CLIENT_SECRET)';
  const options = isInsecure(issuer) ? '\n  { execute: [openid.allowInsecureRequests] }, // without TLS' : '';
  const key =
    hasKeys && !isPublic
      ? `// the private key of one of the application's keys, as a JWK
const jwk = JSON.parse(process.env.PRIVATE_JWK);
const privateKey = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
`
      : '';
  return `${key}const client = await openid.discovery(
  new URL(${quoted(issuer)}),
  ${quoted(clientId)},
  undefined,
  ${authentication},${options}
);`;
};

const parameters = ({ scope, resource }: Values, indent: string) =>
  [
    ...(scope ? [`scope: ${quoted(scope)},`] : []),
    ...(resource === undefined ? [] : [`resource: ${quoted(resource)},`]),
  ].join(`\n${indent}`);

export const nodeWeb = (values: Values): string => `// npm install openid-client
import * as openid from 'openid-client';

${discovery(values)}

/** Send the browser to \`url\`. Keep \`verifier\` and \`state\` in its session until it comes back. */
export async function begin() {
  const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: ${quoted(values.redirectUri)},
    ${parameters(values, '    ')}
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  return { url, verifier, state };
}

/** \`url\` is the one that the browser has come back to. The claim \`sub\` identifies the person. */
export async function finish(url, { verifier, state }) {
  const tokens = await openid.authorizationCodeGrant(client, new URL(url), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    idTokenExpected: true,
  });
  return { claims: tokens.claims(), tokens };
}
`;

export const singlePage = (values: Values): string => {
  const options = isInsecure(values.issuer) ? '{ [oauth.allowInsecureRequests]: true }' : '{}';
  return `// npm install oauth4webapi
import * as oauth from 'oauth4webapi';

const issuer = new URL(${quoted(values.issuer)});
const client = { client_id: ${quoted(values.clientId)} };
const redirectUri = ${quoted(values.redirectUri)};
const options = ${options};
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));

export async function signIn() {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state }));
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    ${parameters(values, '    ')}
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  location.assign(url);
}

/** Call it at the redirect URI. Keep the tokens in memory alone. */
export async function finish() {
  const { verifier, state } = JSON.parse(sessionStorage.getItem('sign-in') ?? '{}');
  sessionStorage.removeItem('sign-in');
  const parameters = oauth.validateAuthResponse(server, client, new URL(location.href), state);
  history.replaceState(null, '', location.pathname);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, oauth.None(), parameters, redirectUri, verifier, options,
  );
  return oauth.processAuthorizationCodeResponse(server, client, response, { requireIdToken: true });
}
`;
};

/** Listens on a loopback port. An app with a scheme of its own gets the answer from the system instead. */
export const nodeNative = (values: Values): string => `// npm install openid-client
import { on, once } from 'node:events';
import { createServer } from 'node:http';
import * as openid from 'openid-client';

${discovery(values, true)}

// any free port: it may differ from that of the registered redirect URI
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const redirectUri = new URL(${quoted(values.redirectUri)});
redirectUri.port = server.address().port;

const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
const url = openid.buildAuthorizationUrl(client, {
  redirect_uri: redirectUri.href,
  ${parameters(values, '  ')}
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
});
console.log(\`Open \${url.href}\`);

for await (const [request, response] of on(server, 'request')) {
  const answer = new URL(request.url, redirectUri);
  response.end('You can close this page.');
  if (answer.searchParams.get('state') === state) {
    const tokens = await openid.authorizationCodeGrant(client, answer, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    });
    console.log('Hello', tokens.claims().sub);
    break;
  }
}
server.close();
`;

export const nodeDevice = (values: Values): string => `// npm install openid-client
import * as openid from 'openid-client';

${discovery(values, true)}

const code = await openid.initiateDeviceAuthorization(client, {
  ${parameters(values, '  ')}
});
console.log(\`Open \${code.verification_uri} on any device, and enter \${code.user_code}\`);
const tokens = await openid.pollDeviceAuthorizationGrant(client, code);
`;

export const nodeMachine = (values: Values): string => `// npm install openid-client
import * as openid from 'openid-client';

${discovery(values)}

const { access_token: token, expires_in: seconds } = await openid.clientCredentialsGrant(client, {
  ${parameters(values, '  ')}
});
`;
