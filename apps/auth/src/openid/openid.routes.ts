import { counter, fastifyOf, problems, toProblem } from '#common';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { crossSiteRequest, isSameOrigin, readerContext, readerLanguage } from '../pages/kit/index.ts';
import { ipKey, RateLimitsService } from '../rate-limits/index.ts';
import { BegunInteractions } from './begun-interactions.ts';
import { InteractionsService, type Step } from './interactions.service.ts';
import type { LibraryAnswer } from './library-request.ts';
import { answerOAuthErrors } from './oauth-errors.ts';
import { contentPolicy, OpenIdPages } from './pages.tsx';
import { ProviderService } from './provider.service.ts';
import { refreshRequestOf } from './refresh-request.ts';
import { inRequestScope, type RequestScope } from './request-scope.ts';
import { discoveryPaths, interactionPath, libraryRoutes } from './routes.ts';

const requests = counter({
  name: 'auth_openid_requests_total',
  help: 'Requests to endpoints of the OpenID provider, by endpoint and result',
  labels: {
    endpoint: [...Object.keys(libraryRoutes), 'discovery'],
    result: ['succeeded', 'refused', 'failed'],
  },
});

/** Bounds what a request without a session may store; a client with longer parameters pushes them. */
const maxUrlLength = 8192;
/** What applications may also send a browser to by a form (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). */
const formRoutes = [libraryRoutes.authorization, libraryRoutes.end_session];

type Endpoint = keyof typeof libraryRoutes | 'discovery';

interface LibraryRoute {
  methods: string[];
  path: string;
  endpoint: Endpoint;
  /** Who may read the responses, as for all routes: pages of people, whose forms only they may send, are for nobody else. */
  cors?: 'any' | 'none';
}

const get = ['GET'];
const post = ['POST'];

/** The routes that the library serves. The key set is the service's own. */
const routes: LibraryRoute[] = [
  ...discoveryPaths.map((path) => ({ methods: get, path, endpoint: 'discovery' as const, cors: 'any' as const })),
  { methods: get, path: libraryRoutes.authorization, endpoint: 'authorization', cors: 'none' },
  { methods: get, path: `${libraryRoutes.authorization}/:uid`, endpoint: 'authorization', cors: 'none' },
  { methods: ['GET', 'POST'], path: libraryRoutes.userinfo, endpoint: 'userinfo' },
  { methods: post, path: libraryRoutes.token, endpoint: 'token' },
  { methods: post, path: libraryRoutes.introspection, endpoint: 'introspection' },
  { methods: post, path: libraryRoutes.revocation, endpoint: 'revocation' },
  { methods: post, path: libraryRoutes.pushed_authorization_request, endpoint: 'pushed_authorization_request' },
  { methods: post, path: libraryRoutes.device_authorization, endpoint: 'device_authorization' },
  { methods: ['GET', 'POST'], path: libraryRoutes.code_verification, endpoint: 'code_verification', cors: 'none' },
  { methods: get, path: `${libraryRoutes.code_verification}/:uid`, endpoint: 'code_verification', cors: 'none' },
  { methods: get, path: libraryRoutes.end_session, endpoint: 'end_session', cors: 'none' },
  { methods: post, path: `${libraryRoutes.end_session}/confirm`, endpoint: 'end_session', cors: 'none' },
  { methods: get, path: `${libraryRoutes.end_session}/success`, endpoint: 'end_session', cors: 'none' },
];

/**
 * Serves the library's endpoints. It passes each request to the library and sends what that answers, instead of giving up the reply to
 * it: limits, time-outs, logs, metrics, headers and the shutdown stay those of all other routes, without code of their own.
 */
@Injectable()
export class OpenIdRoutes implements OnModuleInit {
  private readonly logger = new Logger(OpenIdRoutes.name);
  private readonly issuer: URL;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly providers: ProviderService,
    private readonly interactions: InteractionsService,
    private readonly pages: OpenIdPages,
    private readonly begun: BegunInteractions,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {
    this.issuer = new URL(config.TOKEN_ISSUER);
  }

  onModuleInit(): void {
    const fastify: Partial<FastifyInstance> | undefined = fastifyOf(this.adapterHost);
    void fastify?.register?.(async (scope) => {
      this.addRoutes(scope);
    });
  }

  private addRoutes(scope: FastifyInstance): void {
    // the library parses bodies itself; it gets them once they are received and within the limits
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body);
    });
    scope.setErrorHandler(answerOAuthErrors(this.logger));
    for (const { methods, path, endpoint, cors } of routes) {
      scope.route({
        method: methods,
        url: path,
        config: cors === undefined ? {} : { cors },
        handler: (request, reply) => {
          if (cors === 'none' && request.method === 'POST') {
            this.assertSameOrigin(request);
          }
          return this.serve(endpoint, request, reply);
        },
      });
    }
    const config = { cors: 'none' as const };
    for (const path of formRoutes) {
      scope.post(path, { config }, (request, reply) => goOnByGet(path, request, reply));
    }
    // a person who returns too late gets a page
    const pageConfig = { ...config, page: true };
    scope.get(interactionPath(':uid'), { config: pageConfig }, (request, reply) =>
      this.step(request, reply, this.interactions.show(uidOf(request), request.headers.cookie, readerContext(request))),
    );
    scope.post(interactionPath(':uid'), { config: pageConfig }, (request, reply) => {
      this.assertSameOrigin(request);
      const decision = new URLSearchParams(String(request.body)).get('decision');
      const decided = this.interactions.decide(
        uidOf(request),
        request.headers.cookie,
        decision === 'allow',
        readerContext(request),
      );
      return this.step(request, reply, decided);
    });
  }

  private async serve(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const context = readerContext(request);
    const guesses = endpoint === 'code_verification' && request.method === 'POST';
    const limit = { key: `openid:${endpoint}:${ipKey(context.address)}`, burst: this.config.LOGIN_ADDRESS_BURST };
    if (guesses) {
      await this.rateLimits.consume(limit);
    }
    assertShort(request.url);
    const scope: RequestScope = { context, refresh: endpoint === 'token' ? refreshRequestOf(request) : undefined };
    const answer = await inRequestScope(scope, () => this.ask(request));
    if (scope.failure !== undefined) {
      const isOurs = toProblem(scope.failure).problem.status >= 500;
      requests.inc({ endpoint, result: isOurs ? 'failed' : 'refused' });
      throw scope.failure;
    }
    const begun = uidIn(answer.headers.location);
    if (begun !== undefined) {
      reply.header('set-cookie', this.begun.add(begun, request.headers.cookie));
    }
    const isRefused = answer.status >= 400;
    requests.inc({ endpoint, result: isRefused ? 'refused' : 'succeeded' });
    if (guesses && !isRefused && !scope.isCodeRefused) {
      await this.rateLimits.refund(this.dataSource, limit);
    }
    if (answer.status === 401 && endpoint !== 'userinfo') {
      // secrets can't be guessed: the limit bounds what failures cost
      await this.rateLimits.consume(limit);
      const detail = { endpoint, client_id: (await scope.application)?.clientId ?? null };
      await this.audit.record(this.dataSource.manager, context, { type: 'client.token_refused', detail });
    }
    return send(reply, answer, endpoint === 'authorization' || scope.hasSession === true);
  }

  /** Lets the library answer, as if the request had reached it under the service's public URL. */
  private ask({ method, url, headers, body }: FastifyRequest): Promise<LibraryAnswer> {
    const { 'x-forwarded-host': _host, 'x-forwarded-for': _for, 'transfer-encoding': _encoding, ...passed } = headers;
    const { host, protocol } = this.issuer;
    // a target with a host (RFC 9112 §3.2.2) must not name another one
    const { pathname, search } = new URL(url, this.issuer);
    return this.providers.ask({
      method,
      url: `${pathname}${search}`,
      headers: { ...passed, host, 'x-forwarded-proto': protocol.slice(0, -1) },
      body: Buffer.isBuffer(body) ? body : undefined,
    });
  }

  /**
   * Goes on. After a form of this service, a page leads there instead of a redirect: browsers apply the form's `form-action` to all
   * redirects that follow (Content Security Policy Level 3 §6.4.1), and the last one leaves for the application.
   */
  private async step(request: FastifyRequest, reply: FastifyReply, taken: Promise<Step>): Promise<FastifyReply> {
    const step = await taken;
    if ('location' in step && request.headers['sec-fetch-site'] !== 'same-origin') {
      return reply.status(303).header('location', step.location).send();
    }
    const page = 'location' in step ? this.pages.onward(step.location, readerLanguage(request)) : step.page;
    return reply.type('text/html; charset=utf-8').header('content-security-policy', contentPolicy).send(page);
  }

  /**
   * A form of another site must not decide (CSRF). Browsers send it without the session's cookie (`SameSite=Lax`): a response that gives
   * the browser a new one would sign it out.
   */
  private assertSameOrigin(request: FastifyRequest): void {
    if (!isSameOrigin(request, this.issuer.origin)) {
      throw crossSiteRequest.exception();
    }
  }
}

/** @throws ProblemException `bad_request` */
function assertShort(url: string): void {
  if (url.length > maxUrlLength) {
    throw problems.badRequest.exception({ detail: `The URL must have at most ${String(maxUrlLength)} characters.` });
  }
}

/**
 * Sends the browser to the same request by GET. Forms of applications come without the session's cookie (`SameSite=Lax`), but the redirect
 * that follows has it. They may come from any site, because they change nothing.
 */
function goOnByGet(path: string, { body }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const parameters = new URLSearchParams(Buffer.isBuffer(body) ? body.toString() : '');
  const location = `${path}?${parameters.toString()}`;
  assertShort(location);
  return reply.status(303).header('location', location).send();
}

/** Headers that Node.js sets by itself, and those of CORS, which are the same for all routes of this service. */
const isOwnHeader = (name: string) =>
  /^(access-control-.*|connection|content-length|date|transfer-encoding|vary)$/.test(name);
const sessionCookie = /^(__Host-)?session=[^;]/;
/** The library's, in whose place {@link BegunInteractions} binds requests to browsers. */
const interactionCookie = /^(__Secure-)?interaction=/;

/**
 * @param keepsSession whether the response must not change the browser's session: only the pages give it one. Otherwise the library may
 *   keep the state of a page for a browser without a session.
 */
function send(reply: FastifyReply, answer: LibraryAnswer, keepsSession: boolean): FastifyReply {
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && name !== 'set-cookie' && !isOwnHeader(name)) {
      reply.header(name, value);
    }
  }
  for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
    if (!interactionCookie.test(cookie) && !(keepsSession && sessionCookie.test(cookie))) {
      reply.header('set-cookie', cookie);
    }
  }
  return reply.status(answer.status).send(answer.body);
}

/** The interaction that the library sends a browser to, if any: by a path, unlike redirects to applications. */
const uidIn = (location: string | undefined) =>
  new RegExp(`^${interactionPath('')}([\\w-]+)`).exec(location ?? '')?.[1];
const uidOf = ({ params }: FastifyRequest) => (params as { uid: string }).uid;
