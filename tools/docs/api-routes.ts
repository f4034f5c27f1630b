import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** An error that a route can return. */
interface RouteProblem {
  code: string;
  status: string;
  title: string;
}

/** A route as its documentation shows it. */
export interface Route {
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  needsToken: boolean;
  /** Whether an access token makes a difference to a route that needs none. */
  takesToken: boolean;
  takesJson: boolean;
  problems: RouteProblem[];
}

/**
 * Lists the routes of an OpenAPI document, in its order.
 * @throws Error if a route's tag is not in the document's list of tags
 */
export function routesOf(document: OpenAPIObject): Route[] {
  const routes = readRoutes(document);
  const stray = routes.find(({ tag }) => !document.tags?.some(({ name }) => name === tag));
  if (stray) {
    throw new Error(`${stray.method} ${stray.path} has the tag "${stray.tag}", which the document does not list`);
  }
  return routes;
}

function readRoutes(document: OpenAPIObject): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, Operation>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      tag: operation.tags?.[0] ?? '',
      summary: operation.summary ?? '',
      description: operation.description ?? '',
      needsToken: operation.security?.every((way) => Object.keys(way).length > 0) ?? false,
      takesToken: operation.security !== undefined,
      takesJson: JSON.stringify(operation.requestBody ?? {}).includes('"application/json"'),
      problems: problemsOf(operation),
    })),
  );
}

interface Response {
  content?: Record<string, { examples?: Record<string, { summary?: string }> }>;
}

function problemsOf({ responses }: Operation): RouteProblem[] {
  return Object.entries(responses as Record<string, Response>)
    .filter(([status]) => status >= '400')
    .flatMap(([status, { content = {} }]) =>
      Object.values(content).flatMap(({ examples = {} }) =>
        Object.entries(examples).map(([code, { summary = '' }]) => ({ code, status, title: summary })),
      ),
    );
}
