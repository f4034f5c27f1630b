import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';
import type { CommonConfig } from '../config/common-settings.ts';
import { requestIds } from './request-log.ts';

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
            ...(config.NODE_ENV === 'development' && process.stdout.isTTY
              ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } } }
              : {}),
          },
          // requests are logged by hooks: see logRequests
          forRoutes: [],
        }),
      ],
      exports: [LoggerModule],
    };
  }
}
