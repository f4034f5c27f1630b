import {
  Catch,
  Controller,
  Get,
  Inject,
  Module,
  ServiceUnavailableException,
  UseFilters,
  type ArgumentsHost,
  type DynamicModule,
  type ExceptionFilter,
  type ModuleMetadata,
} from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../jwt/public.decorator.ts';
import { Draining } from '../lifecycle/draining.ts';
import { DatabaseHealth } from './database.health.ts';

/** Tells whether a part is ready to serve; a thrown error says why it is not. */
export type ReadinessCheck = () => Promise<void>;

const READINESS_CHECKS = Symbol('readiness checks');

const statusOf = z.record(z.string(), z.looseObject({ status: z.enum(['up', 'down']) }));
const healthSchema = z
  .object({ status: z.enum(['ok', 'error', 'shutting_down']), info: statusOf, error: statusOf, details: statusOf })
  .meta({ id: 'Health', description: 'What was checked and how it is' });

const healthy = {
  status: 'ok',
  info: { database: { status: 'up' } },
  error: {},
  details: { database: { status: 'up' } },
};
const unhealthy = {
  status: 'error',
  info: {},
  error: { database: { status: 'down', message: 'the database cannot be reached' } },
  details: { database: { status: 'down', message: 'the database cannot be reached' } },
};

const ApiHealthy = () =>
  ApiResponse({ status: 200, description: 'It is.', standardSchema: healthSchema, example: healthy });
const ApiUnhealthy = () =>
  ApiResponse({ status: 503, description: 'It is not, and why.', standardSchema: healthSchema, example: unhealthy });

/** Terminus throws what it found; probes are answered with just that. */
@Catch(ServiceUnavailableException)
class UnhealthyFilter implements ExceptionFilter<ServiceUnavailableException> {
  async catch(exception: ServiceUnavailableException, host: ArgumentsHost): Promise<void> {
    await host.switchToHttp().getResponse<FastifyReply>().status(exception.getStatus()).send(exception.getResponse());
  }
}

/** The three probes of Kubernetes. */
@Public()
@UseFilters(UnhealthyFilter)
@ApiTags('health')
@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: HealthIndicatorService,
    private readonly draining: Draining,
    @Inject(READINESS_CHECKS) private readonly checks: Record<string, ReadinessCheck>,
  ) {}

  @Get('live')
  @ApiOperation({
    summary: 'Is the process alive?',
    description: 'Touches nothing else, so that no outage elsewhere restarts it.',
  })
  @ApiHealthy()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Should it get traffic?',
    description: '503 while a part it needs is missing, and from SIGTERM on.',
  })
  @ApiHealthy()
  @ApiUnhealthy()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.check('traffic', () => this.draining.check()), ...this.checkAll()]);
  }

  @Get('startup')
  @ApiOperation({ summary: 'Has it started?', description: 'Every part it needs was there.' })
  @ApiHealthy()
  @ApiUnhealthy()
  startup(): Promise<HealthCheckResult> {
    return this.health.check(this.checkAll());
  }

  private checkAll() {
    return Object.entries(this.checks).map(
      ([name, check]) =>
        () =>
          this.check(name, check),
    );
  }

  private async check(name: string, check: ReadinessCheck) {
    const indicator = this.indicator.check(name);
    try {
      await check();
      return indicator.up();
    } catch (error) {
      return indicator.down((error as Error).message);
    }
  }
}

interface HealthOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Whether the service has a database, which then is checked; it has one unless it says so. */
  database?: boolean;
  inject: NonNullable<ModuleMetadata['exports']>;
  /** A service's own checks by name, beside the database and its migrations. */
  useFactory: (...dependencies: never[]) => Record<string, ReadinessCheck>;
}

/** Liveness, readiness and start-up probes under `/health`. */
@Module({})
export class HealthModule {
  static register(options: HealthOptions): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ errorLogStyle: 'json', logger: false }), ...(options.imports ?? [])],
      controllers: [HealthController],
      providers: [
        Draining,
        ...(options.database === false ? [] : [DatabaseHealth]),
        {
          provide: READINESS_CHECKS,
          inject: [{ token: DatabaseHealth, optional: true }, ...(options.inject as [])],
          useFactory: (database: DatabaseHealth | undefined, ...dependencies: never[]) => ({
            ...(database && { database: () => database.check() }),
            ...options.useFactory(...dependencies),
          }),
        },
      ],
    };
  }
}
