import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Provider } from './library.ts';

/** Answers requests, as Node.js' HTTP server calls it. */
export type RequestHandler = ReturnType<Provider['callback']>;

/** A request to the library. */
export interface LibraryRequest {
  method: string;
  url: string;
  /** With names in lower case; none is a list. */
  headers: Record<string, unknown>;
  body: Buffer | undefined;
}

/** What the library answers. */
export interface LibraryAnswer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string | Buffer | undefined;
}

/** Keeps the body instead of sending it. */
class KeptResponse extends ServerResponse {
  body: string | Buffer | undefined;

  override end(body?: unknown): this {
    this.body = body as string | Buffer | undefined;
    return this;
  }
}

/** Lets the library answer a request without a connection. */
export async function ask(
  handler: RequestHandler,
  { method, url, headers, body }: LibraryRequest,
): Promise<LibraryAnswer> {
  const message = Object.assign(Readable.from(body ?? Buffer.alloc(0)), {
    method,
    url,
    headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
    socket: {},
    httpVersionMajor: 1,
    httpVersionMinor: 1,
  }) as unknown as IncomingMessage;
  const response = new KeptResponse(message);
  await handler(message, response);
  return { status: response.statusCode, headers: response.getHeaders(), body: response.body };
}
