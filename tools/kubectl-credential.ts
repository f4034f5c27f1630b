/**
 * A credential plugin of kubectl (ExecCredential, `client.authentication.k8s.io/v1`): prints an access token for an API server. The person
 * signs in by any browser (device authorization grant, RFC 8628). The tokens are kept in a file that only they can read.
 *   --issuer URL   --resource URL: the audience that the API server expects
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as openid from 'openid-client';

interface Tokens {
  access: string;
  /** As RFC 3339 has it. */
  expires: string;
  refresh: string;
}

/** A token that expires sooner is replaced: the request that needs it has yet to be sent. */
const marginMs = 10_000;

const { values } = parseArgs({
  options: {
    issuer: { type: 'string', default: '' },
    resource: { type: 'string', default: '' },
  },
});
const { issuer, resource } = values;
const folder = join(homedir(), '.kube/cache/devopslocally');
const file = join(folder, `${createHash('sha256').update(JSON.stringify(values)).digest('hex')}.json`);

function kept(): Tokens | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Tokens;
  } catch {
    return undefined;
  }
}

/** Renames a complete file, so that other commands at the same time read the old tokens or the new ones. */
function keep(response: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers): Tokens {
  const tokens = {
    access: response.access_token,
    expires: new Date(Date.now() + (response.expiresIn() ?? 0) * 1000).toISOString(),
    refresh: String(response.refresh_token),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written = `${file}.${process.pid}`;
  writeFileSync(written, JSON.stringify(tokens), { mode: 0o600 });
  renameSync(written, file);
  return tokens;
}

/** New tokens for a refresh token, or undefined if its session has ended. Of two commands at the same time both get the same ones. */
const refresh = (client: openid.Configuration, token: string) =>
  openid.refreshTokenGrant(client, token).catch((error: unknown) => {
    if (error instanceof openid.ResponseBodyError && error.error === 'invalid_grant') {
      return undefined;
    }
    throw error;
  });

async function signIn(client: openid.Configuration) {
  const code = await openid.initiateDeviceAuthorization(client, { scope: 'openid', resource });
  process.stderr.write(
    `Sign in at ${code.verification_uri_complete ?? code.verification_uri} with the code ${code.user_code}\n`,
  );
  return openid.pollDeviceAuthorizationGrant(client, code);
}

async function validTokens(): Promise<Tokens> {
  const tokens = kept();
  if (tokens && Date.parse(tokens.expires) > Date.now() + marginMs) {
    return tokens;
  }
  const client = await openid.discovery(new URL(issuer), 'kubernetes', undefined, openid.None());
  return keep((tokens && (await refresh(client, tokens.refresh))) ?? (await signIn(client)));
}

try {
  const { access: token, expires: expirationTimestamp } = await validTokens();
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
  process.stdout.write(JSON.stringify({ ...credential, status: { token, expirationTimestamp } }));
} catch (error) {
  const reason = error instanceof openid.ResponseBodyError ? error.error : String(error);
  process.stderr.write(`No access token of ${issuer}: ${reason}\n`);
  process.exitCode = 1;
}
