/** A page without a server of its own. Its tokens are in memory alone: no script finds them in a storage. */
import * as oauth from '../../node_modules/oauth4webapi/build/index.js';

const { issuer, clientId } = await (await fetch('/settings.json')).json();
// without TLS for development alone
const options = { [oauth.allowInsecureRequests]: issuer.startsWith('http:') };
const client = { client_id: clientId };
/** What a sign-out comes back with. */
const signedOut = 'signed-out';
const redirectUri = `${location.origin}/`;

const found = await oauth.discoveryRequest(new URL(issuer), options);
const server = await oauth.processDiscoveryResponse(new URL(issuer), found);

/** The provider's latest answer, with the time at which its access token expires. */
let tokens;

/** Leaves for the provider. What connects the answer to this request stays behind, and is no token. */
async function authorize(parameters = {}) {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state }));
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid email profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  }).toString();
  location.replace(url);
}

/** Exchanges the code that the browser has brought back. */
async function finish(answer) {
  const { verifier, state } = JSON.parse(sessionStorage.getItem('sign-in') ?? '{}');
  sessionStorage.removeItem('sign-in');
  history.replaceState(null, '', '/');
  const parameters = oauth.validateAuthResponse(server, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri,
    verifier,
    options,
  );
  const first = await oauth.processAuthorizationCodeResponse(server, client, response, { requireIdToken: true });
  keep({ ...first, subject: oauth.getValidatedIdTokenClaims(first).sub });
}

function keep(answer) {
  tokens = { ...tokens, ...answer, expiresAt: Date.now() + answer.expires_in * 1000 };
}

/** An access token that is still valid for a while. */
async function accessToken() {
  if (tokens.expiresAt - Date.now() < 30_000) {
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, options);
    keep(await oauth.processRefreshTokenResponse(server, client, response));
  }
  return tokens.access_token;
}

/** What a protected service answers. Here it is the provider's own userinfo endpoint. */
async function me() {
  const response = await oauth.userInfoRequest(server, client, await accessToken(), options);
  return oauth.processUserInfoResponse(server, client, tokens.subject, response);
}

function signOut() {
  const url = new URL(server.end_session_endpoint);
  url.search = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: redirectUri,
    state: signedOut,
  }).toString();
  tokens = undefined;
  location.replace(url);
}

const element = (selector) => document.querySelector(selector);
const show = (selector, text) => {
  element(selector).hidden = false;
  if (text !== undefined) {
    element(selector).textContent = text;
  }
};

/** Signs in silently if the provider knows the person, and otherwise shows the button. */
async function start() {
  const answer = new URL(location.href);
  if (answer.search === '') {
    await authorize({ prompt: 'none' });
    return;
  }
  if (answer.searchParams.get('state') === signedOut) {
    history.replaceState(null, '', '/');
    show('#sign-in');
  } else {
    await finish(answer);
    const { name, email } = await me();
    show('h1', `Hello ${name ?? email}`);
    show('#sign-out');
  }
  show('main');
}

element('#sign-in').addEventListener('click', () => authorize());
element('#sign-out').addEventListener('click', signOut);
start().catch((error) => {
  if (error.error !== 'login_required') {
    console.error(error);
    show('[role=alert]', 'The sign-in failed. Try again.');
  }
  show('#sign-in');
  show('main');
});
