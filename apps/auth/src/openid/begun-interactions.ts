import { LatestValuesCookie, SecureCookie } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';

/** How long a person may take to sign in and to consent. */
export const interactionTtlSeconds = 3600;
/** The most requests that one browser may have begun at a time, in its tabs. */
const maxBegun = 10;

/**
 * Binds the requests of applications to the browser that began them. The library's own cookie can't, because it is not one for this
 * host alone: another host of the domain could set it, and lead a browser to a request that somebody else has begun.
 */
@Injectable()
export class BegunInteractions {
  private readonly cookie: LatestValuesCookie;

  constructor(@Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'NODE_ENV'>) {
    const options = { path: '/', maxAge: interactionTtlSeconds, sameSite: 'lax' } as const;
    const cookie = new SecureCookie('interactions', config.NODE_ENV === 'production', options);
    this.cookie = new LatestValuesCookie(cookie, maxBegun);
  }

  /** @param cookies the request's `cookie` header */
  has(uid: string, cookies: string | undefined): boolean {
    return this.cookie.read(cookies).includes(uid);
  }

  /**
   * @param cookies the request's `cookie` header
   * @returns a `set-cookie` header
   */
  add(uid: string, cookies: string | undefined): string {
    return this.cookie.add(uid, cookies);
  }
}
