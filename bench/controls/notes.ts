/** A second service that libs/common protects with the first one's tokens. Its requests cost what the guard costs. */
import {
  commonSettings,
  createHttpApp,
  CurrentPrincipal,
  JwtAuthModule,
  loadConfig,
  LoggingModule,
  remoteJwks,
  type Principal,
} from '#common';
import { Controller, Get, Module } from '@nestjs/common';
import { z } from 'zod';
import { decorate } from './decorate.ts';

class NotesController {
  list({ accountId }: Principal) {
    return { owner: accountId };
  }
}
decorate(NotesController.prototype, 'list', Get());
CurrentPrincipal()(NotesController.prototype, 'list', 0);
Controller('notes')(NotesController);

const config = loadConfig(z.object(commonSettings).omit({ DATABASE_URL: true }), process.env);
const { AUTH_URL: url = '', TOKEN_ISSUER: issuer = '', TOKEN_AUDIENCE: audience = '' } = process.env;

// eslint-disable-next-line @typescript-eslint/no-extraneous-class
class NotesModule {}
Module({
  imports: [
    LoggingModule.register(config),
    JwtAuthModule.register({
      useFactory: () => ({ issuer, audience, resolveKey: remoteJwks(new URL('/.well-known/jwks.json', url)) }),
    }),
  ],
  controllers: [NotesController],
})(NotesModule);

const app = await createHttpApp(NotesModule, config);
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
process.on('SIGTERM', () => void app.close());
