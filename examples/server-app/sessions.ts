import { randomBytes } from 'node:crypto';
import * as openid from 'openid-client';
import type { OpenIdProvider, Tokens } from './provider.ts';

/** A person who is signed in. */
export interface Session {
  name: string;
  /** The session at the provider, which its logout tokens name. */
  sid: string;
  idToken: string;
  accessToken: string;
  refreshToken: string;
  /** By `Date.now()`. */
  expiresAt: number;
  /** A refresh that other requests of the same person wait for. */
  refreshing?: Promise<void>;
}

/** What the provider says about a person. */
interface Claims {
  sid: string;
  email: string;
  name?: string;
}

const earlyMs = 30_000;

/** All sessions, by the value of their cookie. A real application keeps them in its database. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();
  private readonly provider: OpenIdProvider;

  constructor(provider: OpenIdProvider) {
    this.provider = provider;
  }

  /** Starts a session, always with a new id. */
  start(tokens: Tokens): string {
    const { sid, email, name = email } = tokens.claims() as openid.IDToken & Claims;
    const id = randomBytes(32).toString('base64url');
    this.sessions.set(id, { name, sid, idToken: String(tokens.id_token), ...tokensOf(tokens) });
    return id;
  }

  find(id: string): Session | undefined {
    return this.sessions.get(id);
  }

  end(id: string): void {
    this.sessions.delete(id);
  }

  /** Ends what a session at the provider has opened here. */
  endAllOf(sid: string): void {
    for (const [id, session] of this.sessions) {
      if (session.sid === sid) {
        this.end(id);
      }
    }
  }

  /**
   * An access token that is still valid for a while.
   * @returns undefined if the session has ended at the provider, and so here
   */
  async accessToken(id: string, session: Session): Promise<string | undefined> {
    if (session.expiresAt - Date.now() < earlyMs) {
      session.refreshing ??= this.refresh(session).finally(() => delete session.refreshing);
      try {
        await session.refreshing;
      } catch (error) {
        if (error instanceof openid.ResponseBodyError && error.error === 'invalid_grant') {
          this.end(id);
          return undefined;
        }
        throw error;
      }
    }
    return session.accessToken;
  }

  private async refresh(session: Session): Promise<void> {
    Object.assign(session, tokensOf(await this.provider.refresh(session.refreshToken)));
  }
}

const tokensOf = (tokens: Tokens) => ({
  accessToken: tokens.access_token,
  refreshToken: String(tokens.refresh_token),
  expiresAt: Date.now() + (tokens.expiresIn() ?? 0) * 1000,
});
