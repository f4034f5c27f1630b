import type { FastifyInstance } from 'fastify';

/**
 * Collects the routes as they are registered.
 * @returns a function that returns the methods of a path, or an empty list for an unknown path
 */
export function allowedMethods(fastify: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    if (!url.includes('*')) {
      routes.push({ pattern: new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}/?$`), methods: [method].flat() });
    }
  });
  return (url) => {
    const path = url.split('?', 1)[0] ?? '';
    return [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))];
  };
}
