import { randomUUID } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import { authenticationMethod, grantTypes, type Application } from '../applications/index.ts';

/** What the library demands of clients with a secret. It compares nothing with it: see `Client.compareClientSecret` in models.ts. */
const unusedSecret = randomUUID();

/** The library's client, which carries the application that it stands for. */
export interface ApplicationClient {
  application: Application;
}

/** What anybody may know of an application (OpenID Connect Dynamic Client Registration §2). */
export function publicMetadata(application: Application): AdapterPayload {
  const { kind, clientId, name, logoUrl, redirectUris, postLogoutRedirectUris, backchannelLogoutUri, jwks } =
    application;
  const method = authenticationMethod(application);
  return {
    client_id: clientId,
    client_name: name,
    application_type: kind === 'native' ? 'native' : 'web',
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutRedirectUris,
    grant_types: [...grantTypes[kind]],
    response_types: kind === 'machine' ? [] : ['code'],
    token_endpoint_auth_method: method,
    id_token_signed_response_alg: application.idTokenSignedResponseAlg,
    ...(method === 'private_key_jwt' && jwks && { jwks }),
    ...(logoUrl !== null && { logo_uri: logoUrl }),
    ...(backchannelLogoutUri !== null && {
      backchannel_logout_uri: backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  };
}

/** The metadata of an application for the library. */
export function clientMetadata(application: Application): AdapterPayload {
  const metadata = publicMetadata(application);
  const usesSecret = metadata.token_endpoint_auth_method === 'client_secret_basic';
  return { ...metadata, ...(usesSecret && { client_secret: unusedSecret }), application };
}

/** The application that a client of the library stands for. */
export const applicationOf = (client: object | undefined): Application => (client as ApplicationClient).application;
