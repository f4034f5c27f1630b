import type { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { continueUrl, SeeOther, withContinue, type Page } from '../kit/index.ts';

/**
 * Replaces the cookie of the session before a change of what opens the account, even if the change is refused then: who has come to know
 * the earlier value has no part in the change.
 * @throws SeeOther the page to sign in, if the session has ended meanwhile or has another cookie
 */
export async function replaceCookie(page: Page, browserSessions: BrowserSessionsService): Promise<void> {
  const cookie = await browserSessions.rotate(page.signedIn, page.cookies);
  if (cookie === undefined) {
    throw new SeeOther(withContinue('/sign-in', continueUrl('/account')));
  }
  page.setCookies(cookie);
}
