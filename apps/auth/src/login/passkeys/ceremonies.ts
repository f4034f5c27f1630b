import { Inject, Injectable } from '@nestjs/common';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import { parse as parseUuid } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { challengeSeconds } from './challenges.service.ts';
import type { Passkey } from './passkey.entity.ts';
import type { PasskeyLogin, PasskeyRegistration } from './passkeys.schema.ts';

/** EdDSA, ES256 and RS256 (RFC 9053): what authenticators in use can do. */
const algorithms = [-8, -7, -257];

type Challenge = Uint8Array<ArrayBuffer>;

/** WebAuthn's two ceremonies (Web Authentication Level 3 §7), for this service's relying party id and origins. */
@Injectable()
export class Ceremonies {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  creationOptions(challenge: Challenge, account: { id: string; email: string }, existing: Passkey[]) {
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

  /** Names no credentials: the authenticator knows which it has. */
  requestOptions(challenge: Challenge) {
    return generateAuthenticationOptions({
      challenge,
      rpID: this.config.WEBAUTHN_RP_ID,
      timeout: challengeSeconds * 1000,
      userVerification: 'required',
    });
  }

  /** The challenge that an answer says it is for; nothing of one that is malformed. */
  challengeOf({ response }: { response: { clientDataJSON: string } }): string | undefined {
    try {
      const { challenge } = decodeClientDataJSON(response.clientDataJSON) as { challenge?: unknown };
      return typeof challenge === 'string' ? challenge : undefined;
    } catch {
      return undefined;
    }
  }

  /** What a new credential is; nothing where origin, relying party, user verification or attestation are wrong. */
  async verifyCreation({ credential }: PasskeyRegistration, expectedChallenge: string) {
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: { ...credential, clientExtensionResults: {} },
        expectedChallenge,
        supportedAlgorithmIDs: algorithms,
        ...this.expected,
      });
      return verified ? registrationInfo : undefined;
    } catch {
      // the library throws on whatever is wrong with what came from outside
      return undefined;
    }
  }

  /** The signature counter of a good answer; nothing where origin, relying party, user verification or signature are wrong. */
  async verifyLogin(
    { credential }: PasskeyLogin,
    expectedChallenge: string,
    passkey: Passkey,
  ): Promise<number | undefined> {
    const { userHandle, ...response } = credential.response;
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: {
          ...credential,
          clientExtensionResults: {},
          response: typeof userHandle === 'string' ? { ...response, userHandle } : response,
        },
        expectedChallenge,
        // the database compares the counters, after the signature is known to be good
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
