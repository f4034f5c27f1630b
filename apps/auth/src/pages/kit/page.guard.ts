import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { continueUrl } from './continue-url.ts';
import { languageCookie, languageLinks, readerContext } from './language.ts';
import { accountChanged, crossSiteRequest } from './page.problems.ts';
import { Page, parameterOf } from './page.ts';
import { settingsOf, type PageSettings } from './page-settings.ts';
import { RequestingApplications } from './requesting-applications.ts';
import { isSameOrigin } from './same-origin.ts';

type PageRequest = FastifyRequest & { page?: Page };

/** Rejects forms of other sites, and finds the session that the browser holds. */
@Injectable()
export class PageGuard implements CanActivate {
  private readonly origin: string;
  private readonly settings: PageSettings;
  private readonly isSecure: boolean;

  constructor(
    @Inject(AUTH_CONFIG) config: AuthConfig,
    private readonly sessions: BrowserSessionsService,
    private readonly applications: RequestingApplications,
  ) {
    this.origin = new URL(config.TOKEN_ISSUER).origin;
    this.settings = settingsOf(config);
    this.isSecure = config.NODE_ENV === 'production';
  }

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const http = execution.switchToHttp();
    const request = http.getRequest<PageRequest>();
    if (request.method === 'POST' && !isSameOrigin(request, this.origin)) {
      throw crossSiteRequest.exception();
    }
    const context = readerContext(request);
    const session = await this.sessions.find(request.headers.cookie, context);
    request.page = new Page({
      request,
      reply: http.getResponse<FastifyReply>(),
      context,
      languages: session?.locale ? [] : languageLinks(request),
      settings: this.settings,
      application: await this.applications.find(continueUrl(parameterOf(request, 'continue')), request.headers.cookie),
      session,
    });
    request.page.setCookies(languageCookie(request, this.isSecure));
    return true;
  }
}

/** Enforces `@SignedIn()`, and that a form belongs to the account that is signed in. It runs after the {@link PageGuard}. */
@Injectable()
export class SessionGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const { page, method } = execution.switchToHttp().getRequest<PageRequest>();
    if (!page) {
      return false;
    }
    const { accountId } = page.signedIn;
    if (method === 'POST' && page.parameter('account') !== accountId) {
      throw accountChanged.exception();
    }
    return true;
  }
}
