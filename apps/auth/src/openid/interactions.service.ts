import { authenticationClass, Problem, type RequestContext } from '#common';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Provider } from 'oidc-provider';
import { email } from '../accounts/index.ts';
import { ApplicationsService, openIdScopes, type Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { RequestingApplications, type RequestingApplication } from '../pages/kit/index.ts';
import { BrowserSessionsService, type BrowserSession } from '../sessions/browser-sessions/index.ts';
import { BegunInteractions } from './begun-interactions.ts';
import { scopesOfClaims } from './claims.ts';
import { GrantsService } from './grants.service.ts';
import { OpenIdPages } from './pages.tsx';
import { ProviderService } from './provider.service.ts';
import { interactionPath, libraryRoutes } from './routes.ts';
import { localeIn } from './stated-locale.ts';

type Interaction = InstanceType<Provider['Interaction']>;

/** Where the browser goes next, or the page that it gets. */
export type Step = { location: string } | { page: string };

export const interactionNotFound = new Problem(
  404,
  'interaction_not_found',
  'The request of the application has expired; start again there',
);

/** Reasons for which the person must authenticate again, even within a session. */
const freshReasons = ['login_prompt', 'max_age'];
/** Reasons that only another account satisfies. */
const foreignReasons = ['id_token_hint', 'claims_id_token_sub_value'];

/** Leads a browser through signing in and consent, when an application's request needs them. */
@Injectable()
export class InteractionsService implements OnModuleInit {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'TOKEN_ISSUER'>,
    private readonly pages: OpenIdPages,
    private readonly providers: ProviderService,
    private readonly sessions: BrowserSessionsService,
    private readonly applications: ApplicationsService,
    private readonly grants: GrantsService,
    private readonly requesting: RequestingApplications,
    private readonly begun: BegunInteractions,
  ) {}

  onModuleInit(): void {
    this.requesting.register((path, cookies) => this.applicationAt(path, cookies));
  }

  /**
   * The application whose request a page goes on with. That tells no more than the application's own link to sign in, but for the e-mail
   * address that the link may state: only the browser that began the request gets it.
   */
  private async applicationAt(path: string, cookies: string | undefined): Promise<RequestingApplication | undefined> {
    const prefix = interactionPath('');
    if (!path.startsWith(prefix)) {
      return undefined;
    }
    const [uid = ''] = path.slice(prefix.length).split('?', 1);
    const provider = await this.providers.current();
    const interaction = await provider.Interaction.find(uid);
    const application =
      interaction && (await this.applications.findByClientId(String(interaction.params['client_id'])));
    if (!application) {
      return undefined;
    }
    const loginHint = this.begun.has(uid, cookies) ? emailIn(interaction.params['login_hint']) : undefined;
    return { ...(await this.presented(application)), loginHint };
  }

  private async presented(application: Application): Promise<Application & RequestingApplication> {
    return { ...application, logo: application.firstParty ? await this.applications.logoOf(application.id) : null };
  }

  /**
   * @param cookies the request's `cookie` header
   * @throws ProblemException `interaction_not_found`
   */
  async show(uid: string, cookies: string | undefined, context: RequestContext): Promise<Step> {
    const interaction = await this.load(uid, cookies);
    const session = await this.sessions.find(cookies, context);
    if (interaction.prompt.name === 'login') {
      return this.logIn(interaction, session);
    }
    const application = session && (await this.consenting(interaction, session));
    if (!application) {
      return this.restart(interaction, session);
    }
    return this.mustAsk(interaction, application)
      ? {
          page: this.pages.consent(
            await this.presented(application),
            requestedScopes(interaction, application),
            { ...session, locale: localeIn(interaction.params) ?? session.locale },
            context.acceptLanguage,
          ),
        }
      : complete(interaction, { consent: {} });
  }

  /**
   * Records the decision that a person has made on the consent page.
   * @throws ProblemException `interaction_not_found`
   */
  async decide(uid: string, cookies: string | undefined, isAllowed: boolean, context: RequestContext): Promise<Step> {
    const interaction = await this.load(uid, cookies);
    const session = await this.sessions.find(cookies, context);
    const application = session && (await this.consenting(interaction, session));
    if (!application || interaction.prompt.name !== 'consent') {
      return this.restart(interaction, session);
    }
    if (!isAllowed) {
      return complete(interaction, { error: 'access_denied', error_description: 'the owner of the account refused' });
    }
    if (!application.firstParty) {
      const scopes = requestedScopes(interaction, application);
      await this.grants.consent(application, session, scopes, context);
    }
    return complete(interaction, { consent: {} });
  }

  private async load(uid: string, cookies: string | undefined): Promise<Interaction> {
    const provider = await this.providers.current();
    const interaction = this.begun.has(uid, cookies) ? await provider.Interaction.find(uid) : undefined;
    if (!interaction) {
      throw interactionNotFound.exception();
    }
    return interaction;
  }

  private logIn(interaction: Interaction, session: BrowserSession | undefined): Step | Promise<Step> {
    const { prompt, iat, uid, session: origin } = interaction;
    const has = (reasons: string[]) => prompt.reasons.some((reason) => reasons.includes(reason));
    const path = encodeURIComponent(interactionPath(uid, localeIn(interaction.params)));
    if (!session || (has(foreignReasons) && origin?.uid === session.sessionId)) {
      return { location: `/sign-in?continue=${path}` };
    }
    // a session that was there before, although the request began without one, is none that the person has begun for it
    const isNew = session.authenticatedAt > iat;
    if (origin ? origin.uid !== session.sessionId : !isNew) {
      return this.restart(interaction, session);
    }
    const isFresh = !has(freshReasons) || isNew;
    const isStrong = !has(['second_factor']) || authenticationClass(session.amr) === 'aal2';
    if (!isFresh || !isStrong) {
      return { location: `/sign-in/confirm?${isStrong ? '' : 'acr=aal2&'}continue=${path}` };
    }
    const { accountId, authTime: ts, amr } = session;
    return complete(interaction, { login: { accountId, ts, amr, acr: authenticationClass(amr) } });
  }

  /** The application that asks, if the session is still that of the person who is asked. */
  private async consenting(interaction: Interaction, session: BrowserSession): Promise<Application | undefined> {
    const clientId = String(interaction.params['client_id']);
    return interaction.session?.uid === session.sessionId ? this.applications.findByClientId(clientId) : undefined;
  }

  /**
   * Nobody is asked about an application of the operator, unless it wants that itself, or is native: another app on the device may
   * pose as it (RFC 8252 §8.6), so that the person must have had a part in the request. A device is always asked about: its code may
   * be somebody else's (RFC 8628 §5.4).
   */
  private mustAsk({ prompt, lastSubmission, deviceCode }: Interaction, application: Application): boolean {
    const { reasons } = prompt;
    return (
      !application.firstParty ||
      reasons.includes('consent_prompt') ||
      (reasons.includes('native_client_prompt') && (lastSubmission?.login === undefined || deviceCode !== undefined))
    );
  }

  /** Begins the request again for the session that the browser has now. A login since then has satisfied `prompt=login`. */
  private restart({ params, deviceCode, iat }: Interaction, session: BrowserSession | undefined): Step {
    if (deviceCode !== undefined) {
      return { location: libraryRoutes.code_verification };
    }
    const url = new URL(libraryRoutes.authorization, this.config.TOKEN_ISSUER);
    for (const [name, value] of Object.entries(params)) {
      const kept = name === 'prompt' && session && session.authenticatedAt > iat ? withoutLogin(String(value)) : value;
      for (const one of [kept].flat().filter(Boolean)) {
        url.searchParams.append(name, String(one));
      }
    }
    return { location: url.href };
  }
}

/** `login_hint`, if it is an e-mail address. It may name an account in any other way (OpenID Connect Core §3.1.2.1). */
const emailIn = (hint: unknown): string | undefined => email.safeParse(hint).data;

const withoutLogin = (prompt: string) =>
  prompt
    .split(' ')
    .filter((name) => name !== 'login')
    .join(' ');

/** Stores what the person has done; the library goes on from there. */
async function complete(interaction: Interaction, result: NonNullable<Interaction['result']>): Promise<Step> {
  interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result };
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
  return { location: interaction.returnTo };
}

function requestedScopes({ params }: Interaction, application: Application): string[] {
  const known = [...openIdScopes, ...application.scopes];
  const named = typeof params['scope'] === 'string' ? params['scope'].split(' ') : [];
  const asked = [...named, ...scopesOfClaims(params['claims'])];
  return known.filter((scope) => asked.includes(scope));
}
