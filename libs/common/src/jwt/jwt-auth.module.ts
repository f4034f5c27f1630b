import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { AccessTokenGuard } from './access-token.guard.ts';
import { ACCESS_TOKEN_OPTIONS, AccessTokenStrategy, type JwtAuthOptions } from './access-token.strategy.ts';
import { MfaGuard } from './mfa.guard.ts';
import { RecentLoginGuard } from './recent-login.guard.ts';
import { RolesGuard } from './roles.guard.ts';

type AsyncOptions = Pick<FactoryProvider<JwtAuthOptions>, 'inject' | 'useFactory'> & Pick<ModuleMetadata, 'imports'>;

/**
 * Protects all routes of a service: requires a valid access token except on `@Public()` routes, then enforces `@Roles()`,
 * `@Scopes()`, `@RequireMfa()` and `@RequireRecentLogin()`.
 */
@Module({})
export class JwtAuthModule {
  static register(options: AsyncOptions): DynamicModule {
    return {
      module: JwtAuthModule,
      imports: [PassportModule, ...(options.imports ?? [])],
      providers: [
        { provide: ACCESS_TOKEN_OPTIONS, inject: options.inject ?? [], useFactory: options.useFactory },
        AccessTokenStrategy,
        { provide: APP_GUARD, useClass: AccessTokenGuard },
        { provide: APP_GUARD, useClass: RolesGuard },
        { provide: APP_GUARD, useClass: MfaGuard },
        { provide: APP_GUARD, useClass: RecentLoginGuard },
      ],
    };
  }
}
