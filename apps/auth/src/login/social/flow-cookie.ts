import { Inject, Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { deriveFlowSecrets, type FlowSecrets } from './flow-secrets.ts';

const cookieName = 'social_flow';

/** Lifetime of a flow, in seconds. */
export const flowTtlSeconds = 600;

/**
 * The cookie that binds a flow to the browser that began it. Of concurrent flows in one browser only the latest one can be
 * completed.
 */
@Injectable()
export class FlowCookie {
  private readonly secure: boolean;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.secure = config.NODE_ENV === 'production';
  }

  /**
   * The secrets of the browser's flow; undefined without the cookie.
   * @param header the request's `cookie` header
   */
  read(header: string | undefined): FlowSecrets | undefined {
    const secret = parseCookie(header ?? '')[cookieName];
    return secret === undefined || secret === '' ? undefined : deriveFlowSecrets(secret);
  }

  /** A `set-cookie` header (RFC 6265) for a flow. */
  issue({ secret }: FlowSecrets): string {
    return stringifySetCookie({
      name: cookieName,
      value: secret,
      path: '/auth',
      maxAge: flowTtlSeconds,
      httpOnly: true,
      sameSite: 'strict',
      secure: this.secure,
    });
  }
}
