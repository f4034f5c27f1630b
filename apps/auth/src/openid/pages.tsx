import { Inject, Injectable } from '@nestjs/common';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { hash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import {
  Field,
  frameOf,
  htmlOf,
  Layout,
  OnwardPage,
  settingsFor,
  settingsOf,
  styleSource,
  Submit,
  type FormState,
  type PageFrame,
  type PageSettings,
  type RequestingApplication,
} from '../pages/kit/index.ts';
import { fill } from '../texts/index.ts';
import type { BrowserSession } from '../sessions/browser-sessions/index.ts';
import { applicationOf } from './client-metadata.ts';
import { Permissions } from './consents.views.tsx';
import { requestScope } from './request-scope.ts';
import { statedLocale } from './stated-locale.ts';

const submitting = "document.addEventListener('DOMContentLoaded', () => document.forms[0].submit());";

/** The policy of all responses; the library adds the hashes of its own scripts. */
export const contentPolicy = `default-src 'none'; ${styleSource}; script-src; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'`;

/** Puts elements into a form of the library, which has no button. */
const LibraryForm = ({ form, children }: { form: string; children?: Child }) => {
  const [start = ''] = form.split('</form>');
  return (
    <>
      {raw(start)}
      {children}
      {raw('</form>')}
    </>
  );
};

/** The pages of the OpenID provider: what the library asks people, and consent. */
@Injectable()
export class OpenIdPages {
  private readonly settings: PageSettings;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.settings = settingsOf(config);
  }

  /** An error that must not be sent to the application, because it is not known or not trusted. */
  error(context: KoaContextWithOIDC, error: string, description: string | undefined): void {
    const { openid } = this.frame(context).texts;
    this.show(
      context,
      openid.errorTitle,
      <>
        <p role="alert">{openid.error}</p>
        <p class="muted small">
          <code>{description === undefined ? error : `${error}: ${description}`}</code>
        </p>
      </>,
    );
  }

  /**
   * Asks whether to sign out. An application of the operator that shows the ID token of this very session is trusted: the person has
   * asked it to sign them out. All others can only make them see the question (OpenID Connect RP-Initiated Logout §2), because the
   * session is that of all applications.
   */
  logout(context: KoaContextWithOIDC, form: string): void {
    const { signIn } = this.frame(context).texts;
    const { client, entities, session } = context.oidc;
    const isTrusted =
      client !== undefined && applicationOf(client).firstParty && entities.IdTokenHint?.payload['sid'] === session?.uid;
    if (isTrusted) {
      const digest = hash('sha256', submitting, 'base64');
      context.set('content-security-policy', contentPolicy.replace('script-src', `script-src 'sha256-${digest}'`));
    }
    this.show(
      context,
      signIn.signOutTitle,
      <>
        <LibraryForm form={form}>
          <input type="hidden" name="logout" value="yes" />
          <Submit label={signIn.signOutSubmit} />
        </LibraryForm>
        {isTrusted && <script>{raw(submitting)}</script>}
      </>,
    );
  }

  loggedOut(context: KoaContextWithOIDC): void {
    const { signIn } = this.frame(context).texts;
    this.show(context, signIn.signedOutTitle, <p>{signIn.signedOutText}</p>);
  }

  /**
   * Asks for the code that a device shows.
   * @param fault the name of the library's error about the code that was typed
   */
  deviceCode(context: KoaContextWithOIDC, fault: string | undefined): void {
    const { openid, common, signIn } = this.frame(context).texts;
    const { session, params } = context.oidc;
    const { pathname, search } = new URL(context.oidc.urlFor('code_verification'));
    const typed = params?.['user_code'];
    const form: FormState = {
      values: typeof typed === 'string' ? { user_code: typed } : {},
      errors: fault === undefined ? {} : { user_code: openid.deviceFault },
    };
    this.show(
      context,
      openid.deviceTitle,
      <form method="post" action={pathname + search}>
        <input type="hidden" name="xsrf" value={String(session?.state?.['secret'])} />
        <Field
          form={form}
          name="user_code"
          label={common.code}
          hint={openid.deviceText}
          autocomplete="off"
          class="code"
          autofocus
        />
        <Submit label={signIn.confirmSubmit} />
      </form>,
    );
  }

  /** Asks whether the code is the one that the device of an application shows. */
  deviceConfirmation(context: KoaContextWithOIDC, form: string, asking: { name: string; code: string }): void {
    const { openid, signIn } = this.frame(context).texts;
    this.show(
      context,
      openid.deviceTitle,
      <>
        <p>{fill(openid.deviceConfirm, asking)}</p>
        <LibraryForm form={form}>
          <Submit label={signIn.confirmSubmit} />
        </LibraryForm>
      </>,
    );
  }

  deviceConnected(context: KoaContextWithOIDC): void {
    const { openid } = this.frame(context).texts;
    this.show(context, openid.deviceDoneTitle, <p>{openid.deviceDone}</p>);
  }

  /** Leads to another URL without a redirect. */
  onward(location: string, acceptLanguage: string | null): string {
    return htmlOf(<OnwardPage page={frameOf(this.settings, acceptLanguage)} location={location} />);
  }

  /** Asks the owner of an account whether an application may use these scopes. */
  consent(
    application: RequestingApplication & Pick<Application, 'scopeDescriptions'>,
    scopes: string[],
    { email, locale }: Pick<BrowserSession, 'email' | 'locale'>,
    acceptLanguage: string | null,
  ): string {
    const frame = frameOf(settingsFor(this.settings, application), acceptLanguage, locale);
    const { openid, signIn } = frame.texts;
    const { name, scopeDescriptions } = application;
    return htmlOf(
      <Layout page={frame} title={fill(openid.consentTitle, { name })}>
        <p>{fill(openid.consentText, { name })}</p>
        <Permissions page={frame} scopes={scopes} descriptions={scopeDescriptions} />
        <p class="muted small">{fill(signIn.signedInAs, { email })}</p>
        <form method="post">
          <button class="wide" name="decision" value="allow">
            {openid.allow}
          </button>
        </form>
        <form method="post">
          <button class="wide plain" name="decision" value="deny">
            {openid.deny}
          </button>
        </form>
      </Layout>,
    );
  }

  /** The frame of a page that the library asks for. */
  private frame(context: KoaContextWithOIDC): PageFrame {
    return frameOf(this.settings, requestScope().context.acceptLanguage, statedLocale(context));
  }

  private show(context: KoaContextWithOIDC, title: string, body: Child): void {
    context.type = 'html';
    context.body = htmlOf(
      <Layout page={this.frame(context)} title={title}>
        {body}
      </Layout>,
    );
  }
}
