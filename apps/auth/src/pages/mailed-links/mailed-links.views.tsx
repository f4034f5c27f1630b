import {
  EmailField,
  Field,
  Form,
  Layout,
  MessagePage,
  NewPasswordField,
  PasswordField,
  Submit,
  WayOut,
  withContinue,
  type FormPageProps,
  type Page,
} from '../kit/index.ts';
import { fill } from '../../texts/index.ts';
import type { LinkPath, MailedLink } from './mailed-link.ts';

export const ForgotPasswordPage = ({ page, form }: FormPageProps) => {
  const { forgotPassword, common } = page.texts;
  return (
    <Layout page={page} title={forgotPassword.title}>
      <p>{forgotPassword.text}</p>
      <Form page={page} action="/forgot-password" form={form}>
        <EmailField page={page} form={form} autofocus />
        <Submit label={forgotPassword.submit} />
      </Form>
      <WayOut href={withContinue('/sign-in', page.continueUrl)} label={common.back} />
    </Layout>
  );
};

/** What a mailed link opens: a form whose button uses the link. */
export const LinkPage = ({ page, form, path, link }: FormPageProps & { path: LinkPath; link: MailedLink }) => {
  const { title, text, submit } = link.isFirst ? page.texts.links.first : page.texts.links[path];
  const { session } = page;
  const isOwn = session?.accountId === link.accountId;
  return (
    <Layout page={page} title={title}>
      <p>{text}</p>
      <p>
        <strong>{link.to}</strong>
      </p>
      {session && !isOwn && <p class="muted small">{fill(page.texts.link.otherAccount, { email: session.email })}</p>}
      <Form page={page} action={`/${path}`} form={form}>
        <input type="hidden" name="token" value={link.token} />
        {(path === 'reset-password' || path === 'accept-invitation') && (
          <NewPasswordField page={page} form={form} autofocus />
        )}
        {path === 'verify-email' && !isOwn && !link.isFirst && <HolderPasswordField page={page} form={form} />}
        {path === 'confirm-email' && !isOwn && <PasswordField page={page} form={form} autofocus />}
        <Submit label={submit} />
      </Form>
    </Layout>
  );
};

/** Lets somebody who is not logged in prove that they have registered the account. */
const HolderPasswordField = ({ page, form }: FormPageProps) => (
  <Field
    form={form}
    name="password"
    type="password"
    label={page.texts.link.holderPassword}
    hint={page.texts.link.holderPasswordHint}
    autocomplete="current-password"
    optional
  />
);

export const LinkUsedPage = ({ page, path }: { page: Page; path: LinkPath }) => {
  const { doneTitle, doneText } = page.texts.links[path];
  const { toAccount, toSignIn } = page.texts.common;
  const link = page.session ? { href: '/account', label: toAccount } : { href: '/sign-in', label: toSignIn };
  return <MessagePage page={page} title={doneTitle} text={doneText} link={link} />;
};

/** For a link that has expired, was used, or never existed. */
export const UselessLinkPage = ({ page, path }: { page: Page; path: LinkPath }) => {
  const { links, problems, common } = page.texts;
  const signIn = { href: '/sign-in', label: common.toSignIn };
  return (
    <MessagePage page={page} title={links[path].title} text={problems.one_time_token_invalid} link={signIn} alert />
  );
};

export const MissingTokenPage = ({ page }: { page: Page }) => {
  const { link, common } = page.texts;
  const signIn = { href: '/sign-in', label: common.toSignIn };
  return <MessagePage page={page} title={link.missingTitle} text={link.missingText} link={signIn} />;
};
