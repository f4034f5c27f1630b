import { parseCookie, stringifySetCookie } from 'cookie';

interface CookieOptions {
  /** Where the browser sends it without a secure connection; with one, it sends it everywhere. */
  path: string;
  maxAge: number;
  /** `lax` also sends it when a link on another site opens a page; `strict`, the default, does not. */
  sameSite?: 'lax' | 'strict';
}

/**
 * A cookie that scripts can't read and forms of other sites can't send. On secure connections its name gets the prefix `__Host-`, so that
 * no other host of the domain can set it (RFC 6265bis §4.1.3.2). Browsers require the path `/` for that.
 */
export class SecureCookie {
  private readonly name: string;
  private readonly options: Required<CookieOptions> & { secure: boolean };

  /** @param secure whether browsers reach the service by HTTPS */
  constructor(name: string, secure: boolean, { path, maxAge, sameSite = 'strict' }: CookieOptions) {
    this.name = secure ? `__Host-${name}` : name;
    this.options = { path: secure ? '/' : path, maxAge, sameSite, secure };
  }

  /** @param header the request's `cookie` header */
  read(header: string | undefined): string | undefined {
    return parseCookie(header ?? '')[this.name];
  }

  /** A `set-cookie` header (RFC 6265). */
  issue(value: string): string {
    return stringifySetCookie({ name: this.name, value, httpOnly: true, ...this.options });
  }

  /** A `set-cookie` header that deletes the cookie. */
  clear(): string {
    return stringifySetCookie({ name: this.name, value: '', httpOnly: true, ...this.options, maxAge: 0 });
  }
}

/** A cookie that keeps the latest of several values, such as one for each tab of a browser. Values have no points. */
export class LatestValuesCookie {
  /** @param max the most values that are kept */
  constructor(
    private readonly cookie: SecureCookie,
    private readonly max: number,
  ) {}

  /**
   * The values, the latest first.
   * @param header the request's `cookie` header
   */
  read(header: string | undefined): string[] {
    return (this.cookie.read(header) ?? '').split('.').filter((value) => value !== '');
  }

  /** A `set-cookie` header that adds a value to those of a request. */
  add(value: string, header: string | undefined): string {
    return this.cookie.issue([value, ...this.without(value, header)].slice(0, this.max).join('.'));
  }

  /** A `set-cookie` header that takes a value from those of a request. */
  remove(value: string, header: string | undefined): string {
    const others = this.without(value, header);
    return others.length > 0 ? this.cookie.issue(others.join('.')) : this.cookie.clear();
  }

  private without(value: string, header: string | undefined): string[] {
    return this.read(header).filter((other) => other !== value);
  }
}
