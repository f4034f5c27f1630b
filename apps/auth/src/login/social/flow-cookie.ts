import { SecureCookie } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { deriveFlowSecrets, type FlowSecrets } from './flow-secrets.ts';

/** Lifetime of a flow, in seconds. */
export const flowTtlSeconds = 600;

/**
 * The cookie that binds a flow to the browser that began it. Of concurrent flows in one browser only the latest one can be
 * completed.
 */
@Injectable()
export class FlowCookie {
  private readonly cookie: SecureCookie;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    const secure = config.NODE_ENV === 'production';
    // `lax`: the provider sends the browser back
    this.cookie = new SecureCookie('social_flow', secure, { path: '/', maxAge: flowTtlSeconds, sameSite: 'lax' });
  }

  /**
   * The secrets of the browser's flow; undefined without the cookie.
   * @param header the request's `cookie` header
   */
  read(header: string | undefined): FlowSecrets | undefined {
    const secret = this.cookie.read(header);
    return secret === undefined || secret === '' ? undefined : deriveFlowSecrets(secret);
  }

  /** A `set-cookie` header (RFC 6265) for a flow. */
  issue({ secret }: FlowSecrets): string {
    return this.cookie.issue(secret);
  }
}
