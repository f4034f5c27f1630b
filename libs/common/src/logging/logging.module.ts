import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';
import type { CommonConfig } from '../config/common-settings.ts';
import { serializeError } from './error-serializer.ts';
import { requestIds } from './request-log.ts';

type LoggingConfig = Pick<CommonConfig, 'NODE_ENV' | 'LOG_LEVEL'>;

/** Fields that must never be logged, at any of the first three levels of a logged object. */
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

/** Logs JSON lines with pino: one line per request, with its ids and without secrets. */
@Module({})
export class LoggingModule {
  static register(config: LoggingConfig): DynamicModule {
    return {
      module: LoggingModule,
      imports: [
        LoggerModule.forRoot({
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
            mixin: requestIds,
            // otherwise the serializer gets an error that is serialized already
            wrapSerializers: false,
            serializers: { err: serializeError },
            ...(config.NODE_ENV === 'development' && process.stdout.isTTY
              ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } } }
              : {}),
          },
          // logRequests logs requests
          forRoutes: [],
        }),
      ],
      exports: [LoggerModule],
    };
  }
}
