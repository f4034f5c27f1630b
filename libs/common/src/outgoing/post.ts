import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Destinations } from './destinations.ts';
import { RefusedError } from './refused-error.ts';

interface Options {
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
  /** Where the request may go; anywhere by default. */
  destinations?: Destinations;
}

/**
 * Posts to a URL of others, on a connection of its own. Follows no redirect and reads no body. Unlike `fetch`, it decides on the IP address
 * that it connects to.
 * @returns the status of the response, a success
 * @throws RefusedError for any other status
 * @throws Error without a response in time, and if the destinations do not permit the URL or an IP address of its host
 */
export async function post(to: string, { headers, body, timeoutMs, destinations }: Options): Promise<number> {
  const url = new URL(to);
  if (destinations?.permit(url) === false) {
    throw new Error(`${url.host} is not public`);
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      ...(destinations && { lookup: destinations.lookupFor(url) }),
    });
    request.on('error', reject);
    // as after a response that switches protocols: no other event tells of that
    request.on('close', () => {
      reject(new Error('the connection closed without a response'));
    });
    request.on('response', (response) => {
      response.destroy();
      const { statusCode: status = 0, headers: answered } = response;
      if (status >= 200 && status <= 299) {
        resolve(status);
      } else {
        reject(new RefusedError(status, answered['retry-after']));
      }
    });
    request.end(body);
  });
}
