import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isPublicHttps, lookupPublic } from './public-addresses.ts';

interface Options {
  timeoutMs: number;
  /** Whether to connect by HTTPS to public IP addresses only. */
  publicOnly: boolean;
}

/**
 * Posts a form on a connection of its own. Follows no redirect and reads no body. Unlike `fetch`, it decides on the IP address that it
 * connects to, so that no name can change its meaning after a check.
 * @returns the status of the response
 * @throws Error without a response in time, and if the URL is not public and has to be
 */
export async function postForm(to: string, form: URLSearchParams, { timeoutMs, publicOnly }: Options): Promise<number> {
  const url = new URL(to);
  if (publicOnly && !isPublicHttps(url)) {
    throw new Error(`${url.host} is not public`);
  }
  const body = form.toString();
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) },
      ...(publicOnly && { lookup: lookupPublic }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.end(body);
  });
}
