import type { OpenAPIObject } from '@nestjs/swagger';
import { routesOf, type Route } from './api-routes.ts';

/** The page that lists all routes by tag. */
export function apiPage(document: OpenAPIObject): string {
  const routes = routesOf(document);
  const common = commonProblems(routes);
  const sections = (document.tags ?? []).map(({ name, description = '' }) => {
    const members = routes.filter(({ tag }) => tag === name);
    return [`## ${name}`, `${description}.`, ...members.map((route) => describe(route, common))].join('\n\n');
  });
  return [introduction(document, common), ...sections, problemTable(routes)].join('\n\n');
}

/** Problems that each route of a kind can return; the routes' own entries leave them out. */
interface CommonProblems {
  kind: string;
  applies: (route: Route) => boolean;
  codes: string[];
}

function commonProblems(routes: Route[]): CommonProblems[] {
  const kinds: Omit<CommonProblems, 'codes'>[] = [
    { kind: 'needs an access token', applies: (route) => route.needsToken },
    { kind: 'takes a JSON body', applies: (route) => route.takesJson },
    { kind: 'has a parameter in its path', applies: (route) => route.path.includes('{') },
  ];
  return kinds.map((kind) => {
    const [first, ...others] = routes.filter(kind.applies).map(({ problems }) => problems.map(({ code }) => code));
    return { ...kind, codes: (first ?? []).filter((code) => others.every((codes) => codes.includes(code))) };
  });
}

function introduction({ info }: OpenAPIObject, common: CommonProblems[]): string {
  const lists = common.map(({ kind, codes }) => `- each route that ${kind}: ${codeList(codes)}`);
  return `
# API

${info.description}

This page lists the routes. The OpenAPI document, [openapi.json](../apps/auth/openapi.json), also has the bodies and
examples; a running service serves it at \`/docs/openapi.json\`, and as a page at \`/docs\`.

Some problems are common to many routes, and not repeated below:

${lists.join('\n')}
`;
}

function describe(route: Route, common: CommonProblems[]): string {
  const known = common.filter(({ applies }) => applies(route)).flatMap(({ codes }) => codes);
  const own = route.problems.map(({ code }) => code).filter((code) => !known.includes(code));
  const facts = [`Caller: ${caller(route)}`, ...(own.length > 0 ? [`Problems: ${codeList(own)}`] : [])];
  const call = `\`${route.method} ${route.path}\``;
  return [`### ${route.summary}`, call, route.description, facts.map((fact) => `- ${fact}`).join('\n')].join('\n\n');
}

/** Who may call a route, as its problems say; `admin` is the only role that a route requires. */
function caller({ needsToken, takesToken, problems }: Route): string {
  if (!needsToken) {
    return takesToken ? 'anyone, with or without an access token' : 'anyone, without an access token';
  }
  const codes = problems.map(({ code }) => code);
  const people = codes.includes('role_required') ? 'admins' : 'any account';
  return codes.includes('scope_required') ? `${people}, and service accounts with the scope` : people;
}

function problemTable(routes: Route[]): string {
  const titles = new Map<string, Set<string>>();
  for (const { code, status, title } of routes.flatMap(({ problems }) => problems)) {
    const key = `\`${code}\` | ${status}`;
    titles.set(key, (titles.get(key) ?? new Set()).add(title));
  }
  const rows = [...titles].map(([key, group]) => `| ${key} | ${[...group].join('; ')} |`).sort();
  return ['## Problems', ['| code | status | title |', '| --- | --- | --- |', ...rows].join('\n')].join('\n\n');
}

const codeList = (codes: string[]) => codes.map((code) => `\`${code}\``).join(', ');
