import { parseCookie, stringifySetCookie } from 'cookie';

interface CookieOptions {
  /** Where the browser sends it without a secure connection; with one, it sends it everywhere. */
  path: string;
  maxAge: number;
}

/**
 * A cookie that scripts can't read and other sites can't send. On secure connections its name gets the prefix `__Host-`, so that
 * no other host of the domain can set it (RFC 6265bis §4.1.3.2). Browsers require the path `/` for that.
 */
export class SecureCookie {
  private readonly name: string;
  private readonly options: CookieOptions & { secure: boolean };

  /** @param secure whether browsers reach the service by HTTPS */
  constructor(name: string, secure: boolean, { path, maxAge }: CookieOptions) {
    this.name = secure ? `__Host-${name}` : name;
    this.options = { path: secure ? '/' : path, maxAge, secure };
  }

  /** @param header the request's `cookie` header */
  read(header: string | undefined): string | undefined {
    return parseCookie(header ?? '')[this.name];
  }

  /** A `set-cookie` header (RFC 6265). */
  issue(value: string): string {
    return stringifySetCookie({ name: this.name, value, httpOnly: true, sameSite: 'strict', ...this.options });
  }
}
