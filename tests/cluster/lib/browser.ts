import { request } from 'node:https';

/** A page that a {@link Browser} got. */
export interface Page {
  url: URL;
  status: number;
  text: string;
}

interface Cookie {
  host: string;
  path: string;
  value: string;
}

interface Gateway {
  /** IP address of the gateway, which all hosts are behind. */
  ip: string;
  /** Certificates that the browser trusts, as PEM. */
  ca: string;
}

/** A browser without scripts: it keeps the cookies of each host and follows redirects between hosts. */
export class Browser {
  /** Every `Set-Cookie` header so far. */
  readonly received: string[] = [];
  private readonly cookies = new Map<string, Cookie>();
  private readonly gateway: Gateway;

  constructor(gateway: Gateway) {
    this.gateway = gateway;
  }

  /**
   * Opens a URL, or sends a form to it, and follows redirects.
   * @param form what it posts instead, from a page of the same origin
   * @param application the origin of an application that is not there: a redirect to it ends at an empty page with that URL, and forms
   *   come from its pages
   */
  async open(target: string | URL, form?: Record<string, string>, application?: string): Promise<Page> {
    let url = new URL(target);
    let sent = form;
    for (let hops = 0; hops < 20; hops += 1) {
      const { status, location, text } = await this.send(url, sent, application);
      if (!location) {
        return { url, status, text };
      }
      url = new URL(location, url);
      if (url.origin === application) {
        return { url, status, text: '' };
      }
      sent = undefined;
    }
    throw new Error(`too many redirects, the last one to ${url.origin}${url.pathname}`);
  }

  /** Sends the only form of a page, with its hidden fields and these. */
  submit({ url, text }: Page, fields: Record<string, string> = {}): Promise<Page> {
    const [, action = ''] = /<form[^>]* action="([^"]*)"/.exec(text) ?? [];
    const hidden = text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
    const values = Object.fromEntries([...hidden].map(([, name = '', value = '']) => [name, value]));
    return this.open(new URL(action.replaceAll('&amp;', '&'), url), { ...values, ...fields });
  }

  private send(
    url: URL,
    form: Record<string, string> | undefined,
    origin = url.origin,
  ): Promise<{ status: number; location?: string; text: string }> {
    const cookie = [...this.cookies.entries()]
      .filter(([, { host, path }]) => host === url.host && url.pathname.startsWith(path))
      .map(([key, { value }]) => `${key.slice(url.host.length + 1)}=${value}`)
      .join('; ');
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: this.gateway.ip,
          servername: url.hostname,
          ca: this.gateway.ca,
          path: url.pathname + url.search,
          method: form ? 'POST' : 'GET',
          headers: {
            host: url.host,
            accept: 'text/html,*/*;q=0.8',
            ...(cookie && { cookie }),
            ...(form && { origin, 'content-type': 'application/x-www-form-urlencoded' }),
          },
          agent: false,
          timeout: 60_000,
        },
        (response) => {
          this.keep(url, response.headers['set-cookie'] ?? []);
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.once('error', reject).once('end', () => {
            const { statusCode: status = 0, headers } = response;
            resolve({ status, text, ...(headers.location !== undefined && { location: headers.location }) });
          });
        },
      );
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer within 60 s')));
      sent.end(form && new URLSearchParams(form).toString());
    });
  }

  private keep({ host }: URL, headers: string[]): void {
    for (const header of headers) {
      this.received.push(header);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      const path = /; path=([^;]+)/i.exec(header)?.[1] ?? '/';
      if (value === '' || /; max-age=0/i.test(header)) {
        this.cookies.delete(`${host} ${name}`);
      } else {
        this.cookies.set(`${host} ${name}`, { host, path, value });
      }
    }
  }
}
