import { LatestValuesCookie, SecureCookie } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { SeeOther, type Page } from '../kit/index.ts';

/** How long the page of a link can be reloaded, in seconds. */
const maxAgeSeconds = 900;
const maxTokenLength = 128;
const keyLength = 16;
/** How many links a browser may have open; it bounds what another site can make a browser store. */
const maxLinks = 8;

/**
 * The one-time token of a mailed link. The page moves it from the URL into a cookie, so that it is in no history, no log and no
 * header of a later request. Opening the link uses nothing up: programs that scan mails open links too.
 *
 * The page's URL keeps a key, the beginning of the token's hash, so that each tab stays with its own link.
 */
@Injectable()
export class LinkToken {
  private readonly cookie: LatestValuesCookie;

  constructor(@Inject(AUTH_CONFIG) { NODE_ENV }: Pick<AuthConfig, 'NODE_ENV'>) {
    // `lax`: the first request comes from the page or the program that shows the mail
    const options = { path: '/', maxAge: maxAgeSeconds, sameSite: 'lax' } as const;
    this.cookie = new LatestValuesCookie(new SecureCookie('links', NODE_ENV === 'production', options), maxLinks);
  }

  /**
   * The token for a page.
   * @param path of the page that the link opens
   * @returns a redirect if the token is still in the URL; undefined without a token
   */
  read(page: Page, path: string): string | SeeOther | undefined {
    const given = page.parameter('token');
    if (given !== undefined) {
      const kept = given.replaceAll(/[^\w-]/g, '').slice(0, maxTokenLength);
      page.setCookies(this.cookie.add(kept, page.cookies));
      return new SeeOther(`/${path}?link=${keyOf(kept)}`);
    }
    const key = page.parameter('link');
    return this.cookie.read(page.cookies).find((token) => keyOf(token) === key);
  }

  /** Forgets a token once it is used. */
  forget(page: Page, token: string): void {
    page.setCookies(this.cookie.remove(token, page.cookies));
  }
}

/** Names a token without telling it. */
const keyOf = (token: string) => hash('sha256', token).slice(0, keyLength);
