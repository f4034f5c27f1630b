import {
  Destination,
  EmailField,
  Form,
  Layout,
  NewPasswordField,
  Submit,
  WayOut,
  withContinue,
  type FormState,
  type Page,
} from '../kit/index.ts';

export const RegisterPage = ({ page, form }: { page: Page; form: FormState }) => {
  const { register, common } = page.texts;
  return (
    <Layout page={page} title={register.title}>
      <Destination page={page} />
      <Form page={page} action="/register" form={form}>
        <EmailField page={page} form={form} autofocus />
        <NewPasswordField page={page} form={form} label={common.password} />
        <Submit label={register.submit} />
      </Form>
      <div class="links">
        {page.settings.passkeysEnabled && (
          <p>
            <a href={withContinue('/register/passkey', page.continueUrl)}>{register.byPasskey}</a>
          </p>
        )}
        <p>
          {register.haveAccount} <a href={withContinue('/sign-in', page.continueUrl)}>{register.signIn}</a>
        </p>
      </div>
    </Layout>
  );
};

/** Creates an account without a password. Its owner creates a passkey once the e-mail address is confirmed. */
export const RegisterByMailPage = ({ page, form }: { page: Page; form: FormState }) => {
  const { register, common, signIn } = page.texts;
  return (
    <Layout page={page} title={register.byPasskey}>
      <Destination page={page} />
      <p>{register.byPasskeyText}</p>
      <Form page={page} action="/register/passkey" form={form}>
        <EmailField page={page} form={form} autofocus />
        <Submit label={signIn.confirmSubmit} />
      </Form>
      <WayOut href={withContinue('/register', page.continueUrl)} label={common.back} />
    </Layout>
  );
};
