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
import { Public } from '#guard/nest';
import { Draining } from '../lifecycle/draining.ts';
import { DatabaseHealth } from './database.health.ts';

/** Resolves if a dependency is ready; rejects with the reason if it is not. */
export type ReadinessCheck = () => Promise<void>;

const READINESS_CHECKS = Symbol('readiness checks');

const statusOf = z.record(z.string(), z.looseObject({ status: z.enum(['up', 'down']) }));
const healthSchema = z
  .object({ status: z.enum(['ok', 'error', 'shutting_down']), info: statusOf, error: statusOf, details: statusOf })
  .meta({ id: 'Health', description: 'Result of the health checks' });

const healthy = {
  status: 'ok',
  info: { database: { status: 'up' } },
  error: {},
  details: { database: { status: 'up' } },
};
const unhealthy = {
  status: 'error',
  info: {},
  error: { database: { status: 'down', message: 'the database is unavailable' } },
  details: { database: { status: 'down', message: 'the database is unavailable' } },
};

const ApiHealthy = () =>
  ApiResponse({ status: 200, description: 'All checks passed.', standardSchema: healthSchema, example: healthy });
const ApiUnhealthy = () =>
  ApiResponse({
    status: 503,
    description: 'At least one check failed.',
    standardSchema: healthSchema,
    example: unhealthy,
  });

/** Responds with the result that Terminus throws, not with a problem. */
@Catch(ServiceUnavailableException)
class UnhealthyFilter implements ExceptionFilter<ServiceUnavailableException> {
  async catch(exception: ServiceUnavailableException, host: ArgumentsHost): Promise<void> {
    await host.switchToHttp().getResponse<FastifyReply>().status(exception.getStatus()).send(exception.getResponse());
  }
}

/** The three Kubernetes probes. */
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
    summary: 'Liveness probe',
    description: 'Checks no dependency, so that an outage elsewhere never restarts the service.',
  })
  @ApiHealthy()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Readiness probe',
    description: 'Responds with 503 while a dependency is unavailable and after SIGTERM.',
  })
  @ApiHealthy()
  @ApiUnhealthy()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.check('traffic', () => this.draining.check()), ...this.checkAll()]);
  }

  @Get('startup')
  @ApiOperation({ summary: 'Startup probe', description: 'Succeeds once all dependencies are available.' })
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
  /** Whether to check the database and its migrations; true by default. */
  database?: boolean;
  inject: NonNullable<ModuleMetadata['exports']>;
  /** Creates the service's additional checks, by name. */
  useFactory: (...dependencies: never[]) => Record<string, ReadinessCheck>;
}

/** Liveness, readiness and startup probes under `/health`. */
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
