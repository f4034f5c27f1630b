// Runs in a pod: tries to open a TCP connection to each HOST:PORT argument and prints the results as JSON.
import { createConnection } from 'node:net';

const seconds = 10;

function attempt(target: string): Promise<string> {
  const split = target.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = createConnection({ host: target.slice(0, split), port: Number(target.slice(split + 1)) });
    const end = (result: string) => {
      socket.destroy();
      resolve(result);
    };
    setTimeout(() => end('dropped'), seconds * 1000);
    socket
      .once('connect', () => end('connected'))
      .once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

const targets = process.argv.slice(2);
const results = await Promise.all(targets.map(attempt));
console.log(JSON.stringify(Object.fromEntries(targets.map((target, i) => [target, results[i]]))));
