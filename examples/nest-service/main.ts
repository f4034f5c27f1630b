/** A service that identifies its callers by the auth service's access tokens. */
import {
  commonSettings,
  createHttpApp,
  CurrentPrincipal,
  JwtAuthModule,
  listenAddress,
  loadConfig,
  LoggingModule,
  remoteJwks,
  type Principal,
} from '#common';
import { Controller, Get, Module } from '@nestjs/common';
import { z } from 'zod';

const settings = z
  .object({
    ...commonSettings,
    AUTH_URL: z.url().default('http://localhost:3000'),
    TOKEN_ISSUER: z.url().default('http://localhost:3000'),
    TOKEN_AUDIENCE: z.string().default('devopslocally'),
    PUBLIC_URL: z.url().optional(),
  })
  .omit({ DATABASE_URL: true });
const config = loadConfig(settings, process.env);

@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentPrincipal() { accountId }: Principal) {
    return { owner: accountId, notes: [] };
  }
}

@Module({
  imports: [
    LoggingModule.register(config),
    // guards all routes of the service
    JwtAuthModule.register({
      useFactory: () => ({
        issuer: config.TOKEN_ISSUER,
        audience: config.TOKEN_AUDIENCE,
        resolveKey: remoteJwks(new URL('/.well-known/jwks.json', config.AUTH_URL)),
        // accepts tokens that are bound to a key of their client, too
        dpop: config.PUBLIC_URL === undefined ? undefined : { publicUrl: config.PUBLIC_URL },
      }),
    }),
  ],
  controllers: [NotesController],
})
class NotesModule {}

const app = await createHttpApp(NotesModule, config);
await app.listen(config.PORT, await listenAddress(config.HOST));
process.stdout.write(`notes are served at ${await app.getUrl()}\n`);
