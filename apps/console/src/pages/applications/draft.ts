import type { Application, ApplicationChange, NewApplication } from '#client';
import { linesOf } from '../../kit/lines-field.tsx';

export type Kind = Application['kind'];
export const kinds: Kind[] = ['web', 'single_page', 'native', 'machine'];

/** What a person fills in about an application, as text. */
export interface Draft {
  kind: Kind;
  clientId: string;
  name: string;
  firstParty: boolean;
  redirectUris: string;
  postLogoutRedirectUris: string;
  origins: string;
  backchannelLogoutUri: string;
  resources: string;
  audiences: string;
  /** One a line, with what it allows after `=`. */
  scopes: string;
  idTokenAlgorithm: Application['id_token_signed_response_alg'];
  accessTokenTtl: string;
  refreshTokenTtl: string;
  brandColor: string;
  termsUrl: string;
  privacyUrl: string;
  /** A `data:` URL. */
  logo: string | null;
  /** A JSON Web Key Set; empty for a secret. */
  jwks: string;
}

export const emptyDraft: Draft = {
  kind: 'web',
  clientId: '',
  name: '',
  firstParty: false,
  redirectUris: '',
  postLogoutRedirectUris: '',
  origins: '',
  backchannelLogoutUri: '',
  resources: '',
  audiences: '',
  scopes: '',
  idTokenAlgorithm: 'ES256',
  accessTokenTtl: '',
  refreshTokenTtl: '',
  brandColor: '',
  termsUrl: '',
  privacyUrl: '',
  logo: null,
  jwks: '',
};

const described = (scope: string, descriptions: Application['scope_descriptions']) =>
  descriptions[scope] === undefined ? scope : `${scope}=${descriptions[scope]}`;

export const draftOf = (application: Application): Draft => ({
  kind: application.kind,
  clientId: application.client_id,
  name: application.name,
  firstParty: application.first_party,
  redirectUris: application.redirect_uris.join('\n'),
  postLogoutRedirectUris: application.post_logout_redirect_uris.join('\n'),
  origins: application.origins.join('\n'),
  backchannelLogoutUri: application.backchannel_logout_uri ?? '',
  resources: application.resources.join('\n'),
  audiences: application.audiences.join('\n'),
  scopes: application.scopes.map((scope) => described(scope, application.scope_descriptions)).join('\n'),
  idTokenAlgorithm: application.id_token_signed_response_alg,
  accessTokenTtl: application.access_token_ttl_seconds?.toString() ?? '',
  refreshTokenTtl: application.refresh_token_ttl_seconds?.toString() ?? '',
  brandColor: application.brand_color ?? '',
  termsUrl: application.terms_url ?? '',
  privacyUrl: application.privacy_url ?? '',
  logo: application.logo,
  jwks: application.jwks === null ? '' : JSON.stringify(application.jwks, null, 2),
});

/** Whether keys are left out, or a text that can be read as JSON. The service checks the rest. */
export function areKeysReadable({ jwks }: Pick<Draft, 'jwks'>): boolean {
  try {
    return jwks.trim() === '' || JSON.parse(jwks) !== null;
  } catch {
    return false;
  }
}

const text = (value: string) => value.trim() || null;
const seconds = (value: string) => (value.trim() === '' ? null : Number(value));

/**
 * What the service stores.
 * @param stored the application until now: what the form doesn't show stays as it is
 */
export function changeOf(draft: Draft, stored?: Application): ApplicationChange {
  const scopes = linesOf(draft.scopes).map((line) => {
    const [scope = '', ...description] = line.split('=');
    return { scope: scope.trim(), description: description.join('=').trim() };
  });
  return {
    name: draft.name.trim(),
    first_party: draft.firstParty,
    redirect_uris: draft.kind === 'machine' ? [] : linesOf(draft.redirectUris),
    post_logout_redirect_uris: draft.kind === 'machine' ? [] : linesOf(draft.postLogoutRedirectUris),
    origins: linesOf(draft.origins),
    backchannel_logout_uri: text(draft.backchannelLogoutUri),
    resources: linesOf(draft.resources),
    audiences: linesOf(draft.audiences),
    scopes: scopes.map(({ scope }) => scope),
    scope_descriptions: Object.fromEntries(
      scopes.filter(({ description }) => description !== '').map(({ scope, description }) => [scope, description]),
    ),
    id_token_signed_response_alg: draft.idTokenAlgorithm,
    access_token_ttl_seconds: seconds(draft.accessTokenTtl),
    refresh_token_ttl_seconds: seconds(draft.refreshTokenTtl),
    brand_color: text(draft.brandColor),
    terms_url: text(draft.termsUrl),
    privacy_url: text(draft.privacyUrl),
    logo_url: stored?.logo_url ?? null,
    logo: draft.logo,
    jwks: draft.jwks.trim() === '' ? null : (JSON.parse(draft.jwks) as ApplicationChange['jwks']),
  };
}

export const newApplicationOf = (draft: Draft): NewApplication => ({
  ...changeOf(draft),
  kind: draft.kind,
  ...(draft.clientId.trim() && { client_id: draft.clientId.trim() }),
});

/** Whether the form has what every application of the kind needs. The service checks the rest. */
export const isComplete = ({ kind, name, redirectUris, jwks }: Draft): boolean =>
  name.trim() !== '' && (kind === 'machine' || linesOf(redirectUris).length > 0) && areKeysReadable({ jwks });
