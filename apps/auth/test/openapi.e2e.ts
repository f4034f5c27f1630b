import { beforeAll, describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from './support/client.ts';
import { startTestService, type TestService } from './support/service.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  security?: object[];
  requestBody?: { content: Record<string, { schema: { $ref?: string; example?: unknown } }> };
  parameters?: { name: string; description?: string }[];
  responses: Record<
    string,
    { description: string; content?: Record<string, { example?: unknown; examples?: object }> }
  >;
}

let service: TestService;
let document: {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { examples?: unknown; example?: unknown }> };
};

beforeAll(async () => {
  service = await startTestService();
  document = (await new Client(service.url).call('GET', '/docs/openapi.json')).body;
});

it('equals the committed apps/auth/openapi.json, which `npm run generate` updates', async () => {
  const committed = JSON.parse(await readFile(join(import.meta.dirname, '../openapi.json'), 'utf8'));
  expect(document).toEqual(committed);
});

it('is OpenAPI 3.1', () => {
  expect(document.openapi).toMatch(/^3\.1\./);
});

describe('every operation', () => {
  it('has a description, and an example of each body and each error', () => {
    const gaps: string[] = [];
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const name = `${method} ${path}`;
        const { summary, description, operationId, parameters = [], requestBody, responses } = operation;
        if (!summary || !description || !operationId) {
          gaps.push(`${name}: description`);
        }
        gaps.push(
          ...parameters
            .filter((parameter) => !parameter.description)
            .map(({ name: parameter }) => `${name}: ${parameter}`),
        );
        const { $ref = '', example } = Object.values(requestBody?.content ?? {})[0]?.schema ?? {};
        const component = document.components.schemas[$ref.split('/').at(-1) ?? ''];
        if (requestBody && (example ?? component?.example) === undefined) {
          gaps.push(`${name}: request example`);
        }
        for (const [status, response] of Object.entries(responses)) {
          const [content] = Object.values(response.content ?? {});
          if (response.description === '' || (content && !content.example && !content.examples)) {
            gaps.push(`${name}: ${status}`);
          }
        }
        if (!path.startsWith('/health/') && !Object.keys(responses).some((status) => status.startsWith('4'))) {
          gaps.push(`${name}: errors`);
        }
      }
    }
    expect(gaps).toEqual([]);
  });
});

it('is shown at /docs, with scripts of this server only', async () => {
  const response = await fetch(`${service.url}/docs`);
  expect(response.headers.get('content-type')).toContain('text/html');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  const html = await response.text();
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => source ?? '');
  expect(scripts.length).toBeGreaterThan(0);
  for (const source of scripts) {
    const script = await fetch(new URL(source, `${service.url}/docs`));
    // the service waits for open responses before it stops
    expect([script.status, await script.text()]).toEqual([200, expect.stringContaining('function')]);
  }
});
