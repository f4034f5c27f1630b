import { Module, type DynamicModule } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LoggerModule } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import { stdTimeFunctions } from 'pino';
import type { CommonConfig } from '../config/common-settings.ts';
import { parseTraceparent } from './traceparent.ts';

type LoggingConfig = Pick<CommonConfig, 'NODE_ENV' | 'LOG_LEVEL'>;

/** What must never reach a log, wherever in a logged object it stands. */
const secretFields = [
  'password',
  'current_password',
  'new_password',
  'refresh_token',
  'access_token',
  'token',
  'mfa_token',
  'recovery_codes',
  'secret',
  'authorization',
  'cookie',
  '["set-cookie"]',
];

/** JSON lines by pino: one per request with its ids, none with a secret. */
@Module({})
export class LoggingModule {
  static register(config: LoggingConfig): DynamicModule {
    return {
      module: LoggingModule,
      imports: [
        LoggerModule.forRoot({
          assignResponse: false,
          pinoHttp: {
            level: config.LOG_LEVEL,
            timestamp: stdTimeFunctions.isoTime,
            formatters: { level: (label) => ({ level: label }) },
            redact: {
              paths: secretFields.flatMap((field) =>
                ['', '*', '*.*'].map((prefix) =>
                  prefix && !field.startsWith('[') ? `${prefix}.${field}` : prefix + field,
                ),
              ),
              censor: '[redacted]',
            },
            serializers: {
              req: requestSummary,
              res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
            },
            customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
            customProps: (request) => parseTraceparent(request.headers['traceparent']),
            customLogLevel: (_request, response, error) =>
              error !== undefined || response.statusCode >= 500 ? 'error' : 'info',
            quietReqLogger: true,
            ...(config.NODE_ENV === 'development' && process.stdout.isTTY
              ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } } }
              : {}),
          },
          exclude: ['health/live', 'health/ready', 'health/startup'],
          forRoutes: ['{*path}'],
        }),
      ],
      exports: [LoggerModule],
    };
  }
}

/** The path without its query: queries may carry secrets. */
function requestSummary(request: { method: string; url: string; raw?: IncomingMessage & Partial<FastifyRequest> }) {
  return { method: request.method, path: request.url.split('?', 1)[0], address: request.raw?.ip };
}
