import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { problems, type Problem } from '../errors/problem.ts';

/** How often Node.js looks for requests that have exceeded their time limit. */
const checkIntervalMs = 500;
/** How long a client can still read an error response before its connection is destroyed. */
const lingerMs = 1000;

/** Options of Node.js' HTTP server that limit the time for receiving a request, headers and body together. */
export function receiveTimeouts(timeoutMs: number): ServerOptions {
  return { headersTimeout: timeoutMs, requestTimeout: timeoutMs, connectionsCheckingInterval: checkIntervalMs };
}

/**
 * Responds to a request that Node.js could not parse or that was not received in time. Fastify has no reply object for it, so
 * this writes to the socket. It destroys the connection even if the client keeps its end open.
 */
export function handleClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writableEnded) {
    // the connection lingers; the client is still sending
    return;
  }
  if (!socket.writable || error.code === 'ECONNRESET' || !canRespond(socket)) {
    socket.destroy();
    return;
  }
  socket.end(rawResponse(problemByCode[error.code ?? ''] ?? problems.badRequest));
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

const problemByCode: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: problems.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: problems.requestTimeout,
};

function rawResponse(problem: Problem): string {
  const id = randomUUID();
  const body = JSON.stringify(problem.body(id));
  return [
    `HTTP/1.1 ${String(problem.status)} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json',
    `content-length: ${String(Buffer.byteLength(body))}`,
    `x-request-id: ${id}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/**
 * Destroys the connection of a client that stops reading its response.
 * @param timeoutMs time without progress
 */
export function limitSlowReads(fastify: FastifyInstance, timeoutMs: number): void {
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    // Node.js replaces it with the keep-alive timeout once the response is sent
    request.raw.socket.setTimeout(timeoutMs);
    done(null, payload);
  });
}

/**
 * Keeps slow and idle clients from blocking the shutdown, because Node.js stops checking its time limits when the server closes.
 * Connections that have sent nothing are closed at once. After the timeout, only requests that are being served keep theirs.
 * @param timeoutMs time limit for receiving a request
 */
export function closeSlowConnections(fastify: FastifyInstance, timeoutMs: number): void {
  const { server } = fastify;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const destroy = (isObsolete: (socket: Socket) => boolean): void => {
    for (const socket of [...sockets].filter(isObsolete)) {
      socket.destroy();
    }
  };
  fastify.addHook('preClose', (done) => {
    const deadline = Date.now() + timeoutMs;
    destroy((socket) => socket.bytesRead === 0);
    const timer = setInterval(() => {
      if (Date.now() >= deadline) {
        destroy((socket) => !isBeingServed(socket));
      }
    }, checkIntervalMs).unref();
    server.once('close', () => {
      clearInterval(timer);
    });
    done();
  });
}

/** Whether a response written to the socket would be the one that the client waits for, and none has begun. */
function canRespond(socket: Socket): boolean {
  const response = currentResponse(socket);
  return response === null || (!response.headersSent && !response.req.complete);
}

/** Whether a complete request waits for its response. */
function isBeingServed(socket: Socket): boolean {
  const response = currentResponse(socket);
  return response !== null && !response.headersSent && response.req.complete;
}

/** The response that is written to the socket next. Node.js' types hide it. */
function currentResponse(socket: Socket): ServerResponse | null {
  return (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage ?? null;
}
