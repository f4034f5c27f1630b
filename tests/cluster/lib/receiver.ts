// Runs in a pod: prints each alert from Alertmanager as a line of JSON with the time of its arrival.
import { createServer } from 'node:http';

interface Message {
  alerts: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[];
}

createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    response.end();
    if (request.method !== 'POST') {
      return;
    }
    for (const { status, labels, annotations } of (JSON.parse(body) as Message).alerts) {
      console.log(JSON.stringify({ at: Date.now(), status, labels, annotations }));
    }
  });
}).listen(8080);
