import { Inject, Injectable } from '@nestjs/common';
import { parse as parseUuid } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { challengeSeconds } from './challenges.service.ts';
import type { Passkey } from './passkey.entity.ts';
import type { PasskeyLogin, PasskeyRegistration } from './passkeys.schema.ts';

/** EdDSA, ES256 and RS256 (RFC 9053), which all common authenticators support one of. */
const algorithms = [-8, -7, -257];

type Challenge = Uint8Array<ArrayBuffer>;

/** The library is loaded with the first passkey: with its 300 files the service would start later, and it may never need them. */
const library = () => import('@simplewebauthn/server');
const helpers = () => import('@simplewebauthn/server/helpers');

/** The two ceremonies of WebAuthn (Web Authentication Level 3 §7), for this service's relying party id and origins. */
@Injectable()
export class Ceremonies {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  async creationOptions(challenge: Challenge, account: { id: string; email: string }, existing: Passkey[]) {
    const { generateRegistrationOptions } = await library();
    return generateRegistrationOptions({
      challenge,
      rpID: this.config.WEBAUTHN_RP_ID,
      rpName: this.config.TOKEN_AUDIENCE,
      userID: Uint8Array.from(parseUuid(account.id)),
      userName: account.email,
      userDisplayName: account.email,
      timeout: challengeSeconds * 1000,
      attestationType: 'none',
      supportedAlgorithmIDs: algorithms,
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: existing.map(({ credentialId, transports }) => ({
        id: credentialId.toString('base64url'),
        transports,
      })),
    });
  }

  /** The options name no credentials: the authenticator offers those that it has. */
  async requestOptions(challenge: Challenge) {
    const { generateAuthenticationOptions } = await library();
    return generateAuthenticationOptions({
      challenge,
      rpID: this.config.WEBAUTHN_RP_ID,
      timeout: challengeSeconds * 1000,
      userVerification: 'required',
    });
  }

  /** The challenge that a credential was created or asserted for; undefined if the client data is malformed. */
  challengeOf({ response }: { response: { clientDataJSON: string } }): string | undefined {
    try {
      const { challenge } = clientDataOf(response);
      return typeof challenge === 'string' ? challenge : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The new credential (§7.1); undefined if the origin, the relying party, the user verification or the attestation is not
   * valid.
   */
  async verifyCreation({ credential }: PasskeyRegistration, expectedChallenge: string) {
    const { verifyRegistrationResponse } = await library();
    try {
      assertSameOrigin(credential);
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: {
          ...credential,
          clientExtensionResults: {},
          response: {
            ...credential.response,
            attestationObject: await withoutStatement(credential.response.attestationObject),
          },
        },
        expectedChallenge,
        supportedAlgorithmIDs: algorithms,
        ...this.expected,
      });
      return verified ? registrationInfo : undefined;
    } catch {
      // the library throws if any part of the input is not valid
      return undefined;
    }
  }

  /**
   * The signature counter (§7.2); undefined if the origin, the relying party, the user verification or the signature is not
   * valid.
   */
  async verifyLogin(
    { credential }: PasskeyLogin,
    expectedChallenge: string,
    passkey: Passkey,
  ): Promise<number | undefined> {
    const { verifyAuthenticationResponse } = await library();
    const { userHandle, ...response } = credential.response;
    try {
      assertSameOrigin(credential);
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: {
          ...credential,
          clientExtensionResults: {},
          response: typeof userHandle === 'string' ? { ...response, userHandle } : response,
        },
        expectedChallenge,
        // the database compares the counters, once the signature is verified
        credential: { id: credential.id, publicKey: Uint8Array.from(passkey.publicKey), counter: -1 },
        ...this.expected,
      });
      return verified ? authenticationInfo.newCounter : undefined;
    } catch {
      return undefined;
    }
  }

  private get expected() {
    return {
      expectedOrigin: this.config.WEBAUTHN_ORIGINS,
      expectedRPID: this.config.WEBAUTHN_RP_ID,
      requireUserVerification: true,
    };
  }
}

/** The client data (Web Authentication Level 3 §5.8.1). It is not verified. */
const clientDataOf = (response: { clientDataJSON: string }) =>
  JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString()) as Record<string, unknown>;

/** @throws Error if a page within a page of another origin ran the ceremony (Web Authentication Level 3 §7.1, §7.2) */
function assertSameOrigin({ response }: { response: { clientDataJSON: string } }): void {
  const { crossOrigin, topOrigin } = clientDataOf(response);
  if (crossOrigin === true || topOrigin !== undefined) {
    throw new Error('the ceremony ran in a frame of another origin');
  }
}

/**
 * The attestation object with the format `none`, which the service asks for. Authenticators may send other formats all the same;
 * their statements, with certificates from strangers, are never interpreted.
 */
async function withoutStatement(attestationObject: string): Promise<string> {
  const { decodeAttestationObject } = await helpers();
  const authData = decodeAttestationObject(Uint8Array.from(Buffer.from(attestationObject, 'base64url'))).get(
    'authData',
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(authData.length);
  // CBOR (RFC 8949): a map of three, the last one a byte string with a length of 16 bits
  const head = Buffer.from('\xa3cfmtdnonegattStmt\xa0hauthData\x59', 'latin1');
  return Buffer.concat([head, length, authData]).toString('base64url');
}
