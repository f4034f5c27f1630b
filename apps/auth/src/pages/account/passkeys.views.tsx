import type { PasskeyView } from '../../login/passkeys/index.ts';
import { Field, Layout, PasskeyForm, ProofField, WayOut, type FormPageProps } from '../kit/index.ts';
import { fill } from '../../texts/index.ts';
import { ChangePage } from './change.views.tsx';

/** Asks for the password before a passkey is created. */
export const AddPasskeyPage = ({ page, form }: FormPageProps) => {
  const { passkeys } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={passkeys.add}
      text={passkeys.none}
      action="/account/passkeys/add"
      submit={page.texts.signIn.confirmSubmit}
    >
      <ProofField page={page} form={form} autofocus />
    </ChangePage>
  );
};

/** Creates a passkey in the browser. */
export const CreatePasskeyPage = ({ page, form, options }: FormPageProps & { options: object }) => {
  const { passkeys, common } = page.texts;
  return (
    <Layout page={page} title={passkeys.add}>
      <p>{passkeys.addText}</p>
      <PasskeyForm page={page} action="/account/passkeys/create" label={passkeys.add} creationOptions={options}>
        <Field form={form} name="name" label={passkeys.name} autocomplete="off" />
      </PasskeyForm>
      <WayOut href="/account" label={common.cancel} />
    </Layout>
  );
};

export const RemovePasskeyPage = ({ page, form, passkey }: FormPageProps & { passkey: PasskeyView }) => {
  const { passkeys } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={passkeys.removeTitle}
      text={fill(passkeys.removeText, { name: passkey.name })}
      action="/account/passkeys/remove"
      submit={passkeys.remove}
      kind="danger"
    >
      <input type="hidden" name="id" value={passkey.id} />
      <ProofField page={page} form={form} autofocus />
    </ChangePage>
  );
};
