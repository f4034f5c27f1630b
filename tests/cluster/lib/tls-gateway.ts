// Runs in a pod: terminates TLS and forwards requests to a host, as an ingress controller does.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';

const host = process.argv[2];
const [cert, key] = ['tls.crt', 'tls.key'].map((name) => readFileSync(`/scripts/${name}`));

createServer({ cert, key }, (incoming, response) => {
  const { method, url: path, socket } = incoming;
  const headers = { ...incoming.headers, 'x-forwarded-for': socket.remoteAddress, 'x-forwarded-proto': 'https' };
  // a connection of its own: one that is kept alive may have been closed by the host
  const forwarded = request({ host, method, path, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  forwarded.once('error', () => response.destroy());
  incoming.pipe(forwarded);
}).listen(8443);
