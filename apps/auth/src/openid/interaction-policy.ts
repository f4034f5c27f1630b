import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors, interactionPolicy as library } from './library.ts';
import type { OpenIdAccount } from './claims.ts';
import { applicationOf } from './client-metadata.ts';

type Policy = NonNullable<NonNullable<Configuration['interactions']>['policy']>;

/** What a client asks of the claim `acr` (OpenID Connect Core §5.5.1.1). The library adds `acr_values` to it. */
interface RequestedClass {
  essential?: boolean;
  value?: string;
  values?: string | string[];
}

/** Whether a class is one of the wanted ones, or stronger than one of them. */
const satisfies = (acr: string | undefined, wanted: string[]): boolean =>
  wanted.some((one) => one === acr || (one === 'aal1' && acr === 'aal2'));

/** An application of others that has no access to the account of the visitor, or whose visitor is not signed in. */
const isStranger = ({ oidc: { client, session } }: KoaContextWithOIDC): boolean =>
  !applicationOf(client).firstParty && session?.grantIdFor(client?.clientId ?? '') === undefined;

/**
 * Requires that a request asks for a scope that there is. Otherwise it fails in the end, but the library first lets the person sign in: an
 * application of others would learn before consent whether its visitor is signed in.
 * @throws InvalidScope
 */
export function assertGrantable({ oidc }: KoaContextWithOIDC): void {
  const { requestParamOIDCScopes, requestParamScopes, resourceServers = {} } = oidc;
  const known = Object.values(resourceServers).flatMap(({ scopes }) => [...scopes]);
  if (requestParamOIDCScopes.size === 0 && !known.some((scope) => requestParamScopes.has(scope))) {
    throw new errors.InvalidScope('no requested scope can be granted', [...requestParamScopes].join(' '));
  }
}

/**
 * When a person must sign in or consent: the library's own rules, and three more.
 *
 * One is for the authentication class `aal2`, which an authenticator app proves, and a passkey, which verifies its user (NIST SP 800-63B-4
 * §3.1.7). An account with neither is asked for nothing: `acr_values` is voluntary (OpenID Connect Core §3.1.2.1), and the token says
 * what was proved. A class that is an essential claim fails the request of such an account. Of several classes, each one is enough.
 *
 * The others give an application one answer, to `prompt=none` and to a request without a scope, before anybody has consented: it must
 * not learn who visits it, nor whether they are signed in (OpenID Connect Core §3.1.2.6 leaves the error to the server).
 * @param hasPasskey whether an account has a passkey that the pages can ask for
 */
export function interactionPolicy(hasPasskey: (accountId: string) => Promise<boolean>): Policy {
  const policy = library.base();
  const login = policy.get('login');
  login?.checks.add(
    // the first failed check makes the response
    new library.Check('no_access', 'End-User authentication is required', 'login_required', (context) => {
      assertGrantable(context);
      return context.oidc.prompts.has('none') && isStranger(context)
        ? library.Check.REQUEST_PROMPT
        : library.Check.NO_NEED_TO_PROMPT;
    }),
    0,
  );
  login?.checks.remove('essential_acr');
  login?.checks.remove('essential_acrs');
  login?.checks.add(
    new library.Check('second_factor', 'a second factor is required', 'login_required', async (context) => {
      const { oidc } = context;
      const { essential, value, values } = (oidc.claims.id_token?.['acr'] ?? {}) as RequestedClass;
      const wanted = [value ?? values ?? []].flat();
      const { profile } = (oidc.account ?? {}) as Partial<OpenIdAccount>;
      if (!profile || wanted.length === 0 || satisfies(oidc.session?.acr, wanted)) {
        return library.Check.NO_NEED_TO_PROMPT;
      }
      if (wanted.includes('aal2') && (profile.secondFactor || (await hasPasskey(profile.id)))) {
        return library.Check.REQUEST_PROMPT;
      }
      if (essential === true && !isStranger(context)) {
        throw new errors.UnmetAuthenticationRequirements('the account can not be authenticated as the request demands');
      }
      return library.Check.NO_NEED_TO_PROMPT;
    }),
  );
  return policy;
}
