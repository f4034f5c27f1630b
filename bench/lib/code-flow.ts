import type { Request } from 'autocannon';
import { createHash } from 'node:crypto';

/** An application that signs people in by the authorization code flow, and browsers that are signed in already. */
export interface CodeFlow {
  application: { client_id: string; redirect_uri: string };
  /** `cookie` headers, one for each browser. */
  browsers: string[];
  /** Name of the chain that gets the refresh tokens. */
  chain?: string;
}

const verifier = 'v'.repeat(43);
export const formType = { 'content-type': 'application/x-www-form-urlencoded' };

const authorizationPath = ({ client_id, redirect_uri }: CodeFlow['application']): string =>
  `/openid/authorize?${new URLSearchParams({
    client_id,
    redirect_uri,
    response_type: 'code',
    scope: 'openid',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()}`;

/** The token request for the code that a redirect to the application carries. */
const tokenRequest = (application: CodeFlow['application'], location: string): string =>
  new URLSearchParams({
    ...application,
    grant_type: 'authorization_code',
    code: new URL(location).searchParams.get('code') ?? '',
    code_verifier: verifier,
  }).toString();

/**
 * The two requests of each flow, from the browser and from the application.
 * @param keep receives the refresh tokens
 */
export function codeFlowRequests({ application, browsers }: CodeFlow, keep: (token: string) => void): Request[] {
  let turn = 0;
  return [
    {
      setupRequest: (request) => ({
        ...request,
        method: 'GET',
        path: authorizationPath(application),
        headers: { cookie: browsers[turn++ % browsers.length] },
      }),
      onResponse: (_status, _body, context, headers) => {
        const [, location] = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'location') ?? [];
        Object.assign(context, { location: String(location) });
      },
    },
    {
      setupRequest: (request, context) => ({
        ...request,
        method: 'POST',
        path: '/openid/token',
        headers: formType,
        body: tokenRequest(application, (context as { location: string }).location),
      }),
      onResponse: (status, body) => {
        if (status === 200) {
          keep((JSON.parse(body) as { refresh_token: string }).refresh_token);
        }
      },
    },
  ];
}
