import type { Passkey, PasskeyLogin, PasskeyRegistration, Tokens } from './api.ts';
import type { AuthClient } from './client.ts';
import { orThrow } from './problem.ts';

/**
 * Why a browser has given no passkey.
 * - `unsupported`: the browser has no passkeys, or the page may not use them
 * - `cancelled`: the person has said no, or the time is over
 * - `already_registered`: the authenticator has a passkey of this account
 * - `failed`: anything else; see `cause`
 */
export type PasskeyErrorCode = 'unsupported' | 'cancelled' | 'already_registered' | 'failed';

/** The browser has given no passkey. What the service rejects is a `ProblemError`. */
export class PasskeyError extends Error {
  override readonly name = 'PasskeyError';
  readonly code: PasskeyErrorCode;

  constructor(code: PasskeyErrorCode, cause?: unknown) {
    super(`no passkey: ${code}`, { cause });
    this.code = code;
  }
}

/** What the browser's errors mean (Web Authentication Level 3 §5.1.3, §5.1.4). */
const codes: Readonly<Record<string, PasskeyErrorCode>> = {
  NotAllowedError: 'cancelled',
  AbortError: 'cancelled',
  TimeoutError: 'cancelled',
  InvalidStateError: 'already_registered',
  NotSupportedError: 'unsupported',
  SecurityError: 'unsupported',
};

interface BinaryCredential {
  id: string;
  rawId: ArrayBuffer;
  type: string;
  toJSON?: () => unknown;
  response: Record<string, unknown> & { getTransports?: () => string[] };
}
interface Container {
  create: (options: object) => Promise<BinaryCredential | null>;
  get: (options: object) => Promise<BinaryCredential | null>;
}
type Parse = ((options: object) => object) | undefined;
interface Page {
  PublicKeyCredential?: {
    parseCreationOptionsFromJSON?: Parse;
    parseRequestOptionsFromJSON?: Parse;
    isConditionalMediationAvailable?: () => Promise<boolean>;
  };
  navigator?: { credentials?: Container };
}
const page = globalThis as unknown as Page;

const toBytes = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const toText = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

interface Descriptor {
  id: string;
}
interface JsonOptions {
  challenge: string;
  user?: Descriptor;
  excludeCredentials?: Descriptor[];
  allowCredentials?: Descriptor[];
}

/** For browsers without the JSON forms of Level 3. */
function parseOptions({ challenge, user, excludeCredentials, allowCredentials, ...rest }: JsonOptions): object {
  const binary = (descriptor: Descriptor) => ({ ...descriptor, id: toBytes(descriptor.id) });
  return {
    ...rest,
    challenge: toBytes(challenge),
    ...(user && { user: binary(user) }),
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(binary) }),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(binary) }),
  };
}
function toJson({ id, rawId, type, response }: BinaryCredential): unknown {
  const members: Record<string, unknown> = { transports: response.getTransports?.() ?? [] };
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[name] instanceof ArrayBuffer) {
      members[name] = toText(response[name]);
    }
  }
  return { id, rawId: toText(rawId), type, response: members };
}

/** Asks the authenticator. */
async function ask(method: keyof Container, json: object, more: object): Promise<unknown> {
  const { PublicKeyCredential: api, navigator } = page;
  if (!api || !navigator?.credentials) {
    throw new PasskeyError('unsupported');
  }
  const name = method === 'create' ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON';
  try {
    const publicKey = api[name]?.(json) ?? parseOptions(json as JsonOptions);
    const credential = await navigator.credentials[method]({ ...more, publicKey });
    if (!credential) {
      throw new PasskeyError('failed');
    }
    return credential.toJSON?.() ?? toJson(credential);
  } catch (error) {
    throw error instanceof PasskeyError ? error : new PasskeyError(codes[(error as Error).name] ?? 'failed', error);
  }
}

/** Whether the browser can offer passkeys in the autofill of an input with `autocomplete="username webauthn"`. */
export async function canAutofillPasskeys(): Promise<boolean> {
  return (await page.PublicKeyCredential?.isConditionalMediationAvailable?.()) === true;
}

/**
 * Adds a passkey to the calling account.
 * @param options `password` is required if the account has one
 * @throws PasskeyError, ProblemError
 */
export async function registerPasskey(
  client: AuthClient,
  { name, password, signal }: { name: string; password?: string; signal?: AbortSignal },
): Promise<Passkey> {
  const call = signal ? { signal } : {};
  const body = password === undefined ? {} : { password };
  const options = await orThrow(client.POST('/auth/passkey-options', { ...call, body }));
  const credential = (await ask('create', options, call)) as PasskeyRegistration['credential'];
  return orThrow(client.POST('/auth/passkeys', { ...call, body: { name, credential } }));
}

/**
 * Logs in by a passkey. Give the result to the session: `await session.start(await loginWithPasskey(client))`.
 * @param options `mediation: 'conditional'` waits for the choice in an autofill; end it by `signal`
 * @throws PasskeyError, ProblemError
 */
export async function loginWithPasskey(
  client: AuthClient,
  { signal, mediation }: { signal?: AbortSignal; mediation?: 'conditional' } = {},
): Promise<Tokens> {
  const call = signal ? { signal } : {};
  const options = await orThrow(client.POST('/auth/login/passkey/options', call));
  const credential = (await ask('get', options, {
    ...call,
    ...(mediation && { mediation }),
  })) as PasskeyLogin['credential'];
  return orThrow(client.POST('/auth/login/passkey', { ...call, body: { credential } }));
}
