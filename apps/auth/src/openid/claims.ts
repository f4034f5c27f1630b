import type { Account, KoaContextWithOIDC } from 'oidc-provider';
import type { AccountProfile } from '../accounts/index.ts';
import { openIdScopes } from '../applications/index.ts';
import { applicationOf } from './client-metadata.ts';

interface ClaimsParameter {
  userinfo?: object;
  id_token?: object;
}

/** The claims of each scope (OpenID Connect Core §5.4). Every ID token says how and when the person has authenticated. */
export const claimsByScope = {
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'given_name', 'family_name', 'picture', 'locale', 'zoneinfo', 'updated_at', 'roles'],
  email: ['email', 'email_verified'],
  iss: null,
  sid: null,
};

const isList = (claims: unknown): claims is readonly string[] => Array.isArray(claims);

/** The claims of these scopes. */
export const claimsOf = (scopes: string[]): string[] =>
  Object.entries(claimsByScope).flatMap(([scope, claims]) => (scopes.includes(scope) && isList(claims) ? claims : []));

/**
 * The scopes that contain what a `claims` parameter asks for (OpenID Connect Core §5.5): a person consents to scopes only.
 * @param parameter a JSON object that the library has checked, if there is any
 */
export function scopesOfClaims(parameter: unknown): string[] {
  const asked = typeof parameter === 'string' ? (JSON.parse(parameter) as ClaimsParameter) : {};
  const names = Object.keys({ ...asked.userinfo, ...asked.id_token });
  return Object.entries(claimsByScope).flatMap(([scope, claims]) =>
    isList(claims) && claims.some((claim) => names.includes(claim)) ? scope : [],
  );
}

/** An account as the library knows it. */
export interface OpenIdAccount extends Account {
  profile: AccountProfile;
}

/** The library's account, which picks the claims that a scope allows. */
export function openIdAccount(profile: AccountProfile, { oidc }: KoaContextWithOIDC): OpenIdAccount {
  const claims = () => ({ sub: profile.id, ...stated({ ...profile, roles: rolesFor(oidc.client, profile) }) });
  return { accountId: profile.id, profile, claims };
}

type Claimed = Omit<AccountProfile, 'roles'> & { roles: AccountProfile['roles'] | null };

/** A person's roles for the applications of the operator. What they may do at its services is no business of others. */
const rolesFor = (client: object | undefined, profile: Partial<AccountProfile> | undefined) =>
  applicationOf(client).firstParty ? (profile?.roles ?? null) : null;

/** The claims that have a value (OpenID Connect Core §5.1): others are left out. */
function stated({ email, emailVerifiedAt, roles, profileChangedAt, ...profile }: Claimed) {
  const claims = {
    email,
    email_verified: emailVerifiedAt !== null,
    roles,
    name: profile.name,
    given_name: profile.givenName,
    family_name: profile.familyName,
    picture: profile.picture,
    locale: profile.locale,
    zoneinfo: profile.zoneinfo,
    updated_at: Math.floor(profileChangedAt.getTime() / 1000),
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
}

/**
 * What services read of a person's access token: see `accessTokenClaims` in libs/common. The userinfo endpoint reads which claims its
 * response has, besides those of the scopes.
 */
export function sessionClaims({ oidc }: KoaContextWithOIDC, token: { sessionUid?: string; grantId?: string }) {
  const { RefreshToken, AuthorizationCode, DeviceCode, Account } = oidc.entities;
  const source = RefreshToken ?? AuthorizationCode ?? DeviceCode;
  const isDevice = DeviceCode !== undefined || RefreshToken?.gty?.startsWith('device_code') === true;
  const { profile } = (Account ?? {}) as Partial<OpenIdAccount>;
  const known = claimsOf(openIdScopes);
  const asked = Object.keys(source?.claims?.userinfo ?? {}).filter((name) => known.includes(name));
  return {
    sid: token.sessionUid,
    grant_id: token.grantId,
    roles: rolesFor(oidc.client, profile) ?? [],
    email_verified: (profile?.emailVerifiedAt ?? null) !== null,
    acr: source?.acr,
    amr: source?.amr,
    // nobody has just proved on a device who they are
    auth_time: isDevice ? 0 : source?.authTime,
    ...(asked.length > 0 && { userinfo_claims: asked }),
  };
}
