import type { Child } from 'hono/jsx';
import {
  CodeField,
  Field,
  Form,
  Layout,
  NewPasswordField,
  ProofField,
  Submit,
  WayOut,
  type FormPageProps,
  type Page,
} from '../kit/index.ts';
import { fill } from '../../texts/index.ts';
import type { TotpSetup } from '../../login/mfa/index.ts';

interface ChangePageProps extends FormPageProps {
  title: string;
  text?: string;
  action: string;
  submit: string;
  kind?: 'danger' | '';
  children?: Child;
}

/** A page that changes one part of the account. */
export const ChangePage = ({ page, form, title, text, action, submit, kind = '', children }: ChangePageProps) => (
  <Layout page={page} title={title}>
    {text !== undefined && <p>{text}</p>}
    <Form page={page} action={action} form={form}>
      {/* tells password managers whose password this is */}
      <input name="username" autocomplete="username" value={page.session?.email ?? ''} hidden readonly />
      {children}
      <Submit label={submit} kind={kind} />
    </Form>
    <WayOut href="/account" label={page.texts.common.cancel} />
  </Layout>
);

/** Asks the owner of a new account how to sign in from now on. */
export const WelcomePage = ({ page }: { page: Page }) => {
  const { account, passkeys } = page.texts;
  return (
    <Layout page={page} title={account.welcomeTitle}>
      <p>{account.welcomeText}</p>
      {page.settings.passkeysEnabled && (
        <a class="button wide" href="/account/passkeys/add">
          {passkeys.add}
        </a>
      )}
      <a class="button wide plain below" href="/account/password">
        {account.setPassword}
      </a>
    </Layout>
  );
};

export const ChangePasswordPage = ({ page, form }: FormPageProps) => {
  const { account, common } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={page.signedIn.hasPassword ? account.changePassword : account.setPassword}
      action="/account/password"
      submit={page.signedIn.hasPassword ? account.changePassword : account.setPassword}
    >
      {page.signedIn.hasPassword && (
        <Field
          form={form}
          name="password"
          type="password"
          label={common.currentPassword}
          autocomplete="current-password"
          autofocus
        />
      )}
      <NewPasswordField page={page} form={form} />
    </ChangePage>
  );
};

export const ChangeEmailPage = ({ page, form }: FormPageProps) => {
  const { account } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={account.emailTitle}
      action="/account/email"
      submit={account.changeEmailSubmit}
    >
      <Field form={form} name="new_email" type="email" label={account.newEmail} autocomplete="email" autofocus />
      <ProofField page={page} form={form} />
    </ChangePage>
  );
};

/** Begins the set-up of an authenticator app. */
export const SetUpAuthenticatorPage = ({ page, form }: FormPageProps) => {
  const { account } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={account.authenticatorTitle}
      text={account.authenticatorOff}
      action="/account/authenticator"
      submit={account.authenticatorAdd}
    >
      <ProofField page={page} form={form} autofocus />
    </ChangePage>
  );
};

/** Shows the secret of an authenticator app and asks for its first code. */
export const ConfirmAuthenticatorPage = ({
  page,
  form,
  setup,
}: FormPageProps & { setup: Pick<TotpSetup, 'secret' | 'qr_code'> }) => {
  const { account } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={account.authenticatorTitle}
      text={account.authenticatorScan}
      action="/account/authenticator/confirm"
      submit={account.authenticatorConfirm}
    >
      <img class="qr" src={setup.qr_code} alt={account.qrCode} width={192} height={192} />
      <p class="small">
        {account.authenticatorSecret} <code>{setup.secret}</code>
      </p>
      <input type="hidden" name="secret" value={setup.secret} />
      <CodeField page={page} form={form} />
    </ChangePage>
  );
};

export const RemoveAuthenticatorPage = ({ page, form }: FormPageProps) => {
  const { account } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={account.authenticatorRemove}
      text={account.authenticatorRemoveText}
      action="/account/authenticator/remove"
      submit={account.authenticatorRemove}
      kind="danger"
    >
      <ProofField page={page} form={form} autofocus />
    </ChangePage>
  );
};

export const NewRecoveryCodesPage = ({ page, form }: FormPageProps) => {
  const { account } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={account.recoveryNew}
      text={account.recoveryNewText}
      action="/account/recovery-codes"
      submit={account.recoveryNew}
    />
  );
};

/** Shows recovery codes; nothing shows them again. */
export const RecoveryCodesPage = ({ page, codes }: { page: Page; codes: string[] }) => {
  const { account } = page.texts;
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join('\n')}\n`)}`;
  return (
    <Layout page={page} title={account.recoveryTitle}>
      <p>{account.recoveryText}</p>
      <ol class="codes print">
        {codes.map((code) => (
          <li>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="actions">
        <a class="button plain" href={file} download="recovery-codes.txt">
          {account.recoveryDownload}
        </a>
        <a class="button" href="/account">
          {account.recoverySaved}
        </a>
      </div>
    </Layout>
  );
};

export const DeleteAccountPage = ({ page, form }: FormPageProps) => {
  const { account } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={account.deleteTitle}
      text={fill(account.deleteText, { email: page.session?.email ?? '' })}
      action="/account/delete"
      submit={account.deleteSubmit}
      kind="danger"
    >
      <ProofField page={page} form={form} autofocus />
    </ChangePage>
  );
};
