/** Serves the static files of the page, with the settings that it reads. Any web server can do this. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';

const { ISSUER = 'http://localhost:3000', CLIENT_ID = 'single-page-app', PORT = '8081' } = process.env;
const url = process.env['APP_URL'] ?? `http://localhost:${PORT}`;

const library = '/node_modules/oauth4webapi/build/index.js';
const file = (path: string) => readFile(new URL(path, import.meta.url));
const files: Readonly<Record<string, { type: string; content: Buffer | string }>> = {
  '/': { type: 'text/html', content: await file('index.html') },
  '/app.js': { type: 'text/javascript', content: await file('app.js') },
  [library]: { type: 'text/javascript', content: await file(`../..${library}`) },
  '/settings.json': { type: 'application/json', content: JSON.stringify({ issuer: ISSUER, clientId: CLIENT_ID }) },
};

/** Only scripts of this origin run, and they call this origin and the provider alone. */
const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${new URL(ISSUER).origin}; base-uri 'none'; frame-ancestors 'none'`;

createServer((request, response) => {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const found = files[path];
  response.setHeader('content-security-policy', policy).setHeader('referrer-policy', 'no-referrer');
  if (found) {
    response.setHeader('content-type', `${found.type}; charset=utf-8`).end(found.content);
  } else {
    response.writeHead(404).end();
  }
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`the page is at ${url}\n`));
