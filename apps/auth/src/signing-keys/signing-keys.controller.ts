import {
  ApiProblems,
  callerProblems,
  Context,
  CurrentPrincipal,
  type Principal,
  problems,
  recentLoginProblems,
  RequireRecentLogin,
  Public,
  type RequestContext,
  Roles,
} from '#common';
import { Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { KeyRotationService } from './key-rotation.service.ts';
import { jwksExample, jwksSchema, rotationExample, rotationSchema } from './signing-keys.schema.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Publishes the public keys and rotates the signing key on demand. */
@ApiTags('keys')
@Controller()
export class SigningKeysController {
  constructor(
    private readonly keys: SigningKeysService,
    private readonly keyRotation: KeyRotationService,
  ) {}

  @Public()
  @Get('.well-known/jwks.json')
  @ApiOperation({
    summary: 'Get the public keys',
    description:
      'All keys that verify access tokens, and the next key before its first use. Cache the set as `cache-control` says.',
  })
  @ApiResponse({ status: 200, description: 'The key set.', standardSchema: jwksSchema, example: jwksExample })
  @ApiProblems(problems.validationFailed)
  jwks(@Res({ passthrough: true }) reply: FastifyReply) {
    reply.header('cache-control', `public, max-age=${String(this.keys.maxAgeSeconds)}`);
    return this.keys.publicKeys();
  }

  @Roles(['admin'])
  @Post('auth/keys/rotate')
  @RequireRecentLogin({})
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Rotate the signing key',
    description:
      'For admins. Makes a successor that is published at once and signs later. Existing access tokens stay valid.',
  })
  @ApiResponse({ status: 200, description: 'The new key.', standardSchema: rotationSchema, example: rotationExample })
  @ApiProblems(...callerProblems, problems.roleRequired, ...recentLoginProblems)
  rotateKeys(@Context() context: RequestContext, @CurrentPrincipal() principal: Principal) {
    return this.keyRotation.rotate(context, principal.accountId);
  }
}
