import {
  Alert,
  CodeField,
  Destination,
  EmailField,
  Form,
  Layout,
  PasskeyForm,
  PasswordField,
  Submit,
  WayOut,
  withContinue,
  type FormPageProps,
  type Page,
} from '../kit/index.ts';
import { fill } from '../../texts/index.ts';
import type { ConfirmationWays } from './confirmation.service.ts';

/** A provider that the page to sign in offers. */
export interface ProviderChoice {
  id: string;
  name: string;
}

interface SignInPageProps extends FormPageProps {
  providers: ProviderChoice[];
}

export const SignInPage = ({ page, form, providers }: SignInPageProps) => {
  const { signIn } = page.texts;
  const link = (path: string, label: string) => <a href={withContinue(path, page.continueUrl)}>{label}</a>;
  return (
    <Layout page={page} title={signIn.title}>
      <Destination page={page} />
      <Form page={page} action="/sign-in" form={form}>
        <EmailField page={page} form={form} passkeys autofocus />
        <PasswordField page={page} form={form} />
        <Submit label={signIn.submit} />
      </Form>
      <PasskeyForm
        page={page}
        action="/sign-in/passkey"
        label={page.texts.passkeys.signIn}
        autofill={form.alert === undefined}
      />
      {providers.map(({ id, name }) => (
        <a class="button wide plain provider" href={withContinue(`/sign-in/provider/${id}`, page.continueUrl)}>
          {fill(signIn.byProvider, { name })}
        </a>
      ))}
      <div class="links">
        <p>{link('/forgot-password', signIn.forgot)}</p>
        {page.settings.magicLinksEnabled && <p>{link('/sign-in/link', signIn.byLink)}</p>}
        {page.settings.registrationOpen && (
          <p>
            {signIn.noAccount} {link('/register', signIn.register)}
          </p>
        )}
        {form.problem === 'email_unverified' && <p>{link('/sign-in/verification', signIn.verification)}</p>}
      </div>
    </Layout>
  );
};

/** The second step of a login. */
export const SecondFactorPage = ({ page, form, mfaToken }: FormPageProps & { mfaToken: string }) => {
  const { signIn, common } = page.texts;
  return (
    <Layout page={page} title={signIn.codeTitle}>
      <p>{signIn.codeText}</p>
      <Form page={page} action="/sign-in/code" form={form}>
        <input type="hidden" name="mfa_token" value={mfaToken} />
        <CodeField page={page} form={form} />
        <Submit label={signIn.codeSubmit} />
      </Form>
      <WayOut href={withContinue('/sign-in', page.continueUrl)} label={common.cancel} />
    </Layout>
  );
};

/** Keeps how strong a proof the request of an application asks for, so that the page asks for the same if it is shown again. */
const AskedClass = ({ page }: { page: Page }) =>
  page.parameter('acr') === 'aal2' ? <input type="hidden" name="acr" value="aal2" /> : null;

/** Asks the owner of the session to prove again who they are. */
export const ConfirmPage = ({ page, form, ways }: FormPageProps & { ways: ConfirmationWays }) => {
  const { signIn, passkeys } = page.texts;
  return (
    <Layout page={page} title={signIn.confirmTitle}>
      <p>{fill(signIn.confirmText, { email: page.session?.email ?? '' })}</p>
      {ways.by === undefined ? (
        <Alert text={form.alert} />
      ) : (
        <Form page={page} action="/sign-in/confirm" form={form}>
          <AskedClass page={page} />
          <input name="username" autocomplete="username" value={page.session?.email ?? ''} hidden readonly />
          {ways.by === 'code' ? (
            <CodeField page={page} form={form} />
          ) : (
            <PasswordField page={page} form={form} autofocus />
          )}
          <Submit label={signIn.confirmSubmit} />
        </Form>
      )}
      {ways.passkey && (
        <PasskeyForm page={page} action="/sign-in/confirm/passkey" label={passkeys.confirm}>
          <AskedClass page={page} />
        </PasskeyForm>
      )}
      <WayOut href={withContinue('/sign-in', page.continueUrl)} label={signIn.otherAccount} />
    </Layout>
  );
};

interface EmailLinkPageProps extends FormPageProps {
  /** What the link is for: to log in, or to verify the e-mail address. */
  path: 'link' | 'verification';
}

/** Asks where to send a link to. */
export const EmailLinkPage = ({ page, form, path }: EmailLinkPageProps) => {
  const { signIn, common } = page.texts;
  return (
    <Layout page={page} title={path === 'link' ? signIn.linkTitle : signIn.verification}>
      <p>{path === 'link' ? signIn.linkText : signIn.verificationText}</p>
      <Form page={page} action={`/sign-in/${path}`} form={form}>
        <EmailField page={page} form={form} autofocus />
        <Submit label={signIn.linkSubmit} />
      </Form>
      <WayOut href={withContinue('/sign-in', page.continueUrl)} label={common.back} />
    </Layout>
  );
};

/** After a link was asked for. It looks the same whether the account exists or not. */
export const LinkSentPage = ({ page, email }: { page: Page; email: string }) => {
  const { signIn, common } = page.texts;
  return (
    <Layout page={page} title={signIn.sentTitle}>
      <p>{fill(signIn.sentText, { email })}</p>
      <p class="muted small">{signIn.sentHint}</p>
      <WayOut href={withContinue('/sign-in', page.continueUrl)} label={common.toSignIn} />
    </Layout>
  );
};

export const SignOutPage = ({ page }: { page: Page }) => {
  const { signIn, common } = page.texts;
  return (
    <Layout page={page} title={signIn.signOutTitle}>
      <p>{fill(signIn.signOutText, { email: page.session?.email ?? '' })}</p>
      <Form page={page} action="/sign-out" form={page.newForm()}>
        <Submit label={signIn.signOutSubmit} />
      </Form>
      <WayOut href="/account" label={common.cancel} />
    </Layout>
  );
};
