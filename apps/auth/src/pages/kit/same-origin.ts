import type { FastifyRequest } from 'fastify';

/**
 * Whether a form comes from a page of this service. Browsers state it by `Sec-Fetch-Site` (Fetch Metadata §2.3) on secure
 * connections; elsewhere, and if they are old, only by `Origin`.
 * @param origin the service's own
 */
export function isSameOrigin({ headers }: FastifyRequest, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined ? headers.origin === origin : site === 'same-origin';
}
