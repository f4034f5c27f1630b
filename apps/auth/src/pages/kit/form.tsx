import type { Child } from 'hono/jsx';
import { fill } from '../../texts/index.ts';
import { passkeysUrl } from './assets.ts';
import type { FormState, Page } from './page.ts';

/** What a page with a form needs. */
export interface FormPageProps {
  page: Page;
  form: FormState;
}

interface FormProps extends FormPageProps {
  action: string;
  children?: Child;
}

/** What is wrong with a form as a whole. */
export const Alert = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : (
    <div class="alert" role="alert">
      <p>{text}</p>
    </div>
  );

/** Names the account that a form is for: see `SessionGuard`. */
const AccountInput = ({ page: { session } }: { page: Page }) =>
  session ? <input type="hidden" name="account" value={session.accountId} /> : null;

/** A form that works without scripts, and keeps whose it is and where the person goes afterwards. */
export const Form = ({ page, action, form, children }: FormProps) => (
  <form method="post" action={action}>
    <Alert text={form.alert} />
    <input type="hidden" name="continue" value={page.continueUrl} />
    <AccountInput page={page} />
    {children}
  </form>
);

interface LabelledProps {
  form: FormState;
  name: string;
  label: string;
  hint?: string;
}

export interface FieldProps extends LabelledProps {
  type?: 'text' | 'email' | 'password' | 'url';
  /** What browsers and password managers fill in (HTML §4.10.18.7). */
  autocomplete: string;
  autofocus?: boolean;
  optional?: boolean;
  inputmode?: 'text' | 'email';
  autocapitalize?: 'none' | 'words';
  class?: string;
  /** Rules for password generators. */
  passwordrules?: string;
  minlength?: number;
  maxlength?: number;
}

/** A labelled input with its hint and its error. Passwords and codes that were entered are never shown again. */
export const Field = ({ form, name, label, hint, type = 'text', optional = false, ...attributes }: FieldProps) => {
  const isSecret = type === 'password' || name === 'code';
  return (
    <Labelled form={form} name={name} label={label} hint={hint}>
      <input
        {...controlOf({ form, name, label, hint })}
        type={type}
        value={isSecret ? '' : (form.values[name] ?? '')}
        required={!optional}
        autocapitalize="none"
        spellcheck={false}
        {...attributes}
      />
    </Labelled>
  );
};

/** A labelled choice between options. */
export const SelectField = ({
  form,
  name,
  label,
  autocomplete,
  children,
}: LabelledProps & { autocomplete: string; children: Child }) => (
  <Labelled form={form} name={name} label={label}>
    <select {...controlOf({ form, name, label })} autocomplete={autocomplete}>
      {children}
    </select>
  </Labelled>
);

/** The attributes by which a control belongs to its label, its hint and its error. */
function controlOf({ form, name, hint }: LabelledProps) {
  const error = form.errors[name];
  const ids = [hint === undefined ? [] : [`${name}-hint`], error === undefined ? [] : [`${name}-error`]].flat();
  return {
    id: name,
    name,
    'aria-invalid': error === undefined ? undefined : ('true' as const),
    'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
  };
}

const Labelled = ({ form, name, label, hint, children }: LabelledProps & { children: Child }) => {
  const error = form.errors[name];
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      {hint !== undefined && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p class="error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  );
};

interface CommonFieldProps extends FormPageProps {
  autofocus?: boolean;
}

/** The e-mail address that an account has. With `passkeys`, browsers suggest those too (WebAuthn Level 3 §5.1.4). */
export const EmailField = ({
  page,
  form,
  autofocus = false,
  passkeys = false,
}: CommonFieldProps & { passkeys?: boolean }) => (
  <Field
    form={form}
    name="email"
    type="email"
    label={page.texts.common.email}
    autocomplete={passkeys && page.settings.passkeysEnabled ? 'username webauthn' : 'username'}
    autofocus={autofocus}
  />
);

/** The password that an account has. */
export const PasswordField = ({ page, form, autofocus = false }: CommonFieldProps) => (
  <Field
    form={form}
    name="password"
    type="password"
    label={page.texts.common.password}
    autocomplete="current-password"
    autofocus={autofocus}
  />
);

/** Asks the owner of the account for the password, if it has one. */
export const ProofField = ({ page, form, autofocus = false }: CommonFieldProps) =>
  page.session?.hasPassword ? <PasswordField page={page} form={form} autofocus={autofocus} /> : null;

/**
 * A password to set.
 * @param label what it is called where there is no earlier one
 */
export const NewPasswordField = ({
  page,
  form,
  label = page.texts.common.newPassword,
  autofocus = false,
}: CommonFieldProps & { label?: string }) => {
  const { min, max } = page.settings.passwordLength;
  return (
    <Field
      form={form}
      name="new_password"
      type="password"
      label={label}
      autocomplete="new-password"
      hint={fill(page.texts.register.passwordHint, { min })}
      passwordrules={`minlength: ${String(min)}; maxlength: ${String(max)};`}
      minlength={min}
      autofocus={autofocus}
    />
  );
};

/** A code of an authenticator app, or a recovery code. */
export const CodeField = ({ page, form }: CommonFieldProps) => (
  <Field
    form={form}
    name="code"
    label={page.texts.common.code}
    autocomplete="one-time-code"
    inputmode="text"
    class="code"
    autofocus
  />
);

/** The button that sends a form. */
export const Submit = ({ label, kind = '' }: { label: string; kind?: 'danger' | 'plain' | '' }) => (
  <button type="submit" class={`wide ${kind}`}>
    {label}
  </button>
);

/**
 * The accessible name of a control in a list, where others have the same label. It begins with the label (WCAG 2.2 §2.5.3).
 * @param of what the control is about
 */
export const nameOf = (label: string, of: string | undefined): string | undefined =>
  of === undefined ? undefined : `${label}: ${of}`;

/**
 * A form of one button, for what takes no input.
 * @param of what it is about, in a list of several
 */
export const ButtonForm = ({
  page,
  action,
  label,
  of,
  kind = 'plain',
  values = {},
}: {
  page: Page;
  action: string;
  label: string;
  of?: string;
  kind?: 'danger' | 'plain' | '';
  values?: Record<string, string>;
}) => (
  <form method="post" action={action}>
    <AccountInput page={page} />
    {Object.entries(values).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    <button type="submit" class={kind} aria-label={nameOf(label, of)}>
      {label}
    </button>
  </form>
);

interface PasskeyFormProps {
  page: Page;
  action: string;
  label: string;
  /** What a browser needs to create a passkey, as JSON; without it, one is asked for. */
  creationOptions?: object;
  /** Whether the browser suggests passkeys in the field for the e-mail address. */
  autofill?: boolean;
  children?: Child;
}

/**
 * A form that a passkey fills in, where the pages can use passkeys. It keeps its place until the script shows it, and has none where the
 * browser has no script or no passkeys.
 */
export const PasskeyForm = (props: PasskeyFormProps) =>
  props.page.settings.passkeysEnabled ? <UsablePasskeyForm {...props} /> : null;

const UsablePasskeyForm = ({ page, action, label, creationOptions, autofill = false, children }: PasskeyFormProps) => (
  <>
    <form
      method="post"
      action={action}
      class="waiting"
      data-passkey={creationOptions ? 'create' : 'get'}
      data-options={creationOptions && JSON.stringify(creationOptions)}
      data-autofill={autofill ? 'on' : undefined}
    >
      <div class="alert" role="alert" hidden>
        <p>{page.texts.passkeys.failed}</p>
      </div>
      <AccountInput page={page} />
      <input type="hidden" name="continue" value={page.continueUrl} />
      <input type="hidden" name="credential" value="" />
      {children}
      <button type="submit" class={creationOptions ? 'wide' : 'wide plain'}>
        {label}
      </button>
    </form>
    <script type="module" src={passkeysUrl} />
  </>
);
