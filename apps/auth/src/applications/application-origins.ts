import { fastifyOf } from '#common';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { ApplicationsRepository } from './applications.repository.ts';

/** How long a known origin is allowed before the origins are loaded again. */
const knownMs = 5000;
/** The same for an unknown one, so that a new application works at once; anybody can invent one, which causes no more loads. */
const unknownMs = 1000;
const maxOrigins = 10_000;
const openIdPrefix = '/openid/';

/** Lets pages of the applications' origins call this service (CORS). The origins are kept in memory. */
@Injectable()
export class ApplicationOrigins implements OnModuleInit {
  private readonly logger = new Logger(ApplicationOrigins.name);
  private readonly own: string;
  /** Whether an application of the operator has the origin. */
  private known = new Map<string, boolean>();
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'TOKEN_ISSUER'>,
    private readonly applications: ApplicationsRepository,
  ) {
    this.own = new URL(config.TOKEN_ISSUER).origin;
  }

  onModuleInit(): void {
    const fastify = fastifyOf(this.host);
    if (fastify) {
      fastify.allowsOrigin = async (origin, url) => (await this.includes(origin)) && this.mayCall(origin, url);
    }
  }

  /** Whether it is an origin of an application. The service's own pages need no permission. */
  private async includes(origin: string): Promise<boolean> {
    if (origin === this.own) {
      return false;
    }
    const maxAgeMs = this.known.has(origin) ? knownMs : unknownMs;
    if (performance.now() - this.loadedAt >= maxAgeMs) {
      this.loading ??= this.load();
      await this.loading;
    }
    return this.known.has(origin);
  }

  /** Pages of others get no further than the endpoints by which their application signs people in. */
  private mayCall(origin: string, url: string): boolean {
    return this.known.get(origin) === true || url.startsWith(openIdPrefix);
  }

  /** Loads the origins. If that fails, those that are known stay. */
  private async load(): Promise<void> {
    try {
      const origins = await this.applications.origins(maxOrigins);
      this.known = new Map(origins.map(({ origin, firstParty }) => [origin, firstParty]));
    } catch (error) {
      this.logger.warn(error, 'the origins of the applications could not be loaded');
    }
    this.loadedAt = performance.now();
    this.loading = undefined;
  }
}
