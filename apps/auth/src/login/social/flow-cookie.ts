import { Inject, Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { deriveFlowSecrets, type FlowSecrets } from './flow-secrets.ts';

const cookieName = 'social_flow';

/** Longest time between the start of a flow and its end, in s. */
export const flowTtlSeconds = 600;

/** The cookie that binds a flow to the browser it began in; of two flows at once in one browser the later one is good. */
@Injectable()
export class FlowCookie {
  private readonly secure: boolean;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.secure = config.NODE_ENV === 'production';
  }

  /** @param header the request's `cookie` header */
  read(header: string | undefined): FlowSecrets | undefined {
    const secret = parseCookie(header ?? '')[cookieName];
    return secret === undefined || secret === '' ? undefined : deriveFlowSecrets(secret);
  }

  /** A `set-cookie` header. */
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
