import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { problemResponse, problems } from '../errors/problem.ts';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

const problemSchema = z
  .object({
    type: z.string().meta({ description: '`about:blank`, see RFC 9457 §4.2.1' }),
    title: z.string().meta({ description: 'human-readable summary of the kind of problem' }),
    status: z.int().min(400).max(599),
    code: z.string().meta({ description: 'stable, machine-readable identifier of the kind of problem' }),
    request_id: z.string().meta({ description: 'quote it in support requests' }),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    error: z.string().optional().meta({ description: 'on OAuth endpoints only: the error code of RFC 6749 §5.2' }),
    error_description: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

/** Converts a Zod schema to JSON Schema 2020-12, the dialect of OpenAPI 3.1; schemas with an id become components. */
function convertZod(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  if (!(schema instanceof z.ZodType)) {
    return undefined;
  }
  const { $defs = {}, $schema: _, ...root } = z.toJSONSchema(schema, { io: schemaType });
  return { schema: root, components: $defs };
}

/** Header of a service's OpenAPI document. */
export interface ApiInfo {
  title: string;
  description: string;
  version: string;
  /** Tag descriptions by tag name, in order. */
  tags: Readonly<Record<string, string>>;
}

/** Generates the OpenAPI 3.1 document from the application's controllers and schemas. */
export function createOpenApiDocument(app: NestFastifyApplication, info: ApiInfo): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(info.title)
    .setDescription(info.description)
    .setVersion(info.version)
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token (RFC 9068)' });
  for (const [name, description] of Object.entries(info.tags)) {
    builder.addTag(name, description);
  }
  const document = SwaggerModule.createDocument(app, builder.build(), {
    standardSchemaConverter: convertZod,
    operationIdFactory: (_controller, method) => method,
    autoTagControllers: false,
  });
  document.components = {
    ...document.components,
    schemas: {
      ...document.components?.schemas,
      Problem: convertZod(problemSchema, { schemaType: 'output' })?.components['Problem'] as never,
    },
  };
  describeUriTooLong(document);
  return document;
}

/** The router rejects parameters that are too long on every route that has one. */
function describeUriTooLong(document: OpenAPIObject): void {
  const tooLong = problemResponse('application/problem+json', [problems.uriTooLong]);
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!path.includes('{')) {
      continue;
    }
    for (const { responses } of Object.values(operations) as OperationObject[]) {
      responses['414'] = tooLong;
    }
  }
}

/**
 * Serves the document at `/docs/openapi.json` and Swagger UI at `/docs`.
 * @param describe makes the document, at the first request for it
 */
export function serveOpenApi(app: NestFastifyApplication, describe: () => OpenAPIObject): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/docs')) {
      reply.header(
        'content-security-policy',
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
      );
    }
  });
  SwaggerModule.setup('docs', app, describe, { jsonDocumentUrl: 'docs/openapi.json', raw: ['json'] });
}
