/**
 * The only script of the pages: passkeys need one (WebAuthn Level 3). It asks the authenticator, puts the answer into the form and
 * sends the form. Forms for passkeys are invisible until it knows that the browser can do it.
 */
export const passkeysScript = `
const forms = [...document.querySelectorAll('form[data-passkey]')];
const canUsePasskeys = typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
const suggestion = new AbortController();
let suggested = Promise.resolve();

const requestOptions = async () => {
  const response = await fetch('/auth/login/passkey/options', { method: 'POST' });
  if (!response.ok) throw new Error('no options');
  return PublicKeyCredential.parseRequestOptionsFromJSON(await response.json());
};
const send = (form, credential) => {
  form.elements.credential.value = JSON.stringify(credential);
  form.submit();
};
const suggest = async (form) => {
  try {
    const publicKey = await requestOptions();
    send(form, await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: suggestion.signal }));
  } catch {
    // the person logs in in another way
  }
};
const ask = async (form) => {
  // the browser asks the authenticator for one thing at a time
  suggestion.abort();
  await suggested;
  if (form.dataset.passkey === 'create') {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options));
    return navigator.credentials.create({ publicKey });
  }
  return navigator.credentials.get({ publicKey: await requestOptions() });
};

for (const form of forms) {
  form.hidden = !canUsePasskeys;
  form.classList.remove('waiting');
  const error = form.querySelector('[role=alert]');
  const button = form.querySelector('button');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    error.hidden = true;
    button.disabled = true;
    try {
      send(form, await ask(form));
    } catch {
      error.hidden = false;
      button.disabled = false;
    }
  });
}

const login = forms.find((form) => form.dataset.autofill === 'on');
if (canUsePasskeys && login && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
  suggested = suggest(login);
}
`;
