import { authenticationClass, contextOf, problems, stepUpRequired, type Principal } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsRepository } from '../accounts/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { continueUrl, crossSiteRequest, isSameOrigin, SeeOther, withContinue } from '../pages/kit/index.ts';
import { BrowserSessionsService, sessionMissing } from '../sessions/browser-sessions/index.ts';
import type { Requirements } from './forward-auth.schema.ts';
import { fromHeaders, fromPath, identityHeaders, type ForwardedRequest } from './forwarded-request.ts';

/** Who sends a request, and how they have authenticated. */
type Caller = Pick<Principal, 'accountId' | 'amr' | 'authTime' | 'emailVerified' | 'roles'> & { email: string };

/** What is asked about a request: by which gateway, and for a route with which requirements. */
interface Question {
  request: FastifyRequest;
  reply: FastifyReply;
  requirements: Requirements;
}

const safeMethods = ['GET', 'HEAD'];

/**
 * Tells gateways who sends a request, or how to refuse it. The caller is the one of the access token if the request has one, otherwise
 * the owner of the browser's session.
 */
@Injectable()
export class ForwardAuthService {
  private readonly origin: string;
  private readonly host: string;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'STEP_UP_MAX_AGE_SECONDS' | 'TOKEN_ISSUER'>,
    private readonly sessions: BrowserSessionsService,
    private readonly accounts: AccountsRepository,
  ) {
    ({ origin: this.origin, host: this.host } = new URL(config.TOKEN_ISSUER));
  }

  /**
   * Answers a gateway that describes the request by headers.
   * @param principal of the access token, if there is one
   * @throws ProblemException `forwarded_request_invalid`, `cross_site_request`, `session_missing`, `role_required`, `mfa_required`,
   *   `token_invalid`
   * @throws SeeOther the page to sign in, for a browser that opens a page
   */
  answerByHeaders(question: Question, principal: Principal | undefined): Promise<void> {
    return this.answer(question, fromHeaders(question.request, this.host), principal);
  }

  /** {@link answerByHeaders} for a gateway that sends the request itself, without its body and with a prefix to its path. */
  answerByPath(question: Question, principal: Principal | undefined): Promise<void> {
    return this.answer(question, fromPath(question.request, this.host), principal);
  }

  private async answer(
    question: Question,
    forwarded: ForwardedRequest,
    principal: Principal | undefined,
  ): Promise<void> {
    const { reply, request, requirements } = question;
    const caller = principal ? await this.ownerOf(principal) : await this.holderOf(request, forwarded);
    // with its origin: Traefik would take a path for one of the URL by which it calls this service
    const goTo = (path: string, problem: Error) => turnAway(question, forwarded, this.origin + path, problem);
    if (!caller) {
      throw goTo('/sign-in', sessionMissing.exception());
    }
    const { accountId, amr, authTime, email, emailVerified, roles } = caller;
    if (requirements.role !== undefined && !roles.includes(requirements.role)) {
      throw problems.roleRequired.exception();
    }
    const { STEP_UP_MAX_AGE_SECONDS: maxAge } = this.config;
    const isRecent = authenticationClass(amr) === 'aal2' && Date.now() / 1000 - authTime <= maxAge;
    if (requirements.acr !== undefined && !isRecent) {
      throw goTo('/sign-in/confirm?acr=aal2', stepUpRequired(request, maxAge));
    }
    // all of them, even if empty: gateways replace what the client has sent by what they get
    const values = [accountId, emailVerified ? email : '', roles.join(',')];
    reply.headers(Object.fromEntries(identityHeaders.map((name, index) => [name, values[index]])));
  }

  /**
   * The owner of an access token.
   * @throws ProblemException `token_invalid`
   */
  private async ownerOf(principal: Principal): Promise<Caller> {
    const account = await this.accounts.findById(this.dataSource, principal.accountId);
    // a proof is for one method and URL, of which the guard has seen another
    if (!account || principal.keyThumbprint !== undefined) {
      throw problems.tokenInvalid.exception();
    }
    return { ...principal, email: account.email };
  }

  /**
   * The owner of the browser's session; undefined without one.
   * @throws ProblemException `cross_site_request`
   */
  private async holderOf(request: FastifyRequest, { method }: ForwardedRequest): Promise<Caller | undefined> {
    const session = await this.sessions.recognize(request.headers.cookie, contextOf(request));
    // a handshake of a WebSocket (RFC 6455 §4.1, RFC 8441 §5) opens what a page of another site could use
    const mayChange = !safeMethods.includes(method) || request.headers['sec-websocket-version'] !== undefined;
    if (session && mayChange && !isSameOrigin(request, this.origin)) {
      throw crossSiteRequest.exception();
    }
    return session;
  }
}

/**
 * Sends a browser that opens a page to one of this service, from which it comes back; other clients get the problem.
 * @param page its URL
 */
function turnAway(
  { request, reply, requirements }: Question,
  { method, uri }: ForwardedRequest,
  page: string,
  problem: Error,
): Error {
  const { accept = '', 'sec-fetch-mode': mode = accept.includes('text/html') ? 'navigate' : '' } = request.headers;
  if (mode !== 'navigate' || !safeMethods.includes(method) || request.headers.authorization !== undefined) {
    return problem;
  }
  const location = withContinue(page, continueUrl(uri));
  if (requirements.redirect_status === '303') {
    return new SeeOther(location);
  }
  reply.header('location', location);
  return problem;
}
