import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './load.ts';

/** What became of one request. */
export interface Answered {
  /** 0 where there was no answer. */
  status: number;
  milliseconds: number;
  retryAfter: boolean;
}

const tickMs = 5;
const timeoutMs = 10_000;

/** Begins so many requests per s, spread evenly, whether those before are answered or not; waits for the last answers. */
export async function openLoop(url: string, next: () => Call, rate: number, seconds: number): Promise<Answered[]> {
  const agent = new Agent({ keepAlive: true });
  const sent: Promise<Answered>[] = [];
  const began = performance.now();
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - began) {
    while (sent.length < (elapsed / 1000) * rate) {
      sent.push(send(agent, url, next()));
    }
    await sleep(tickMs);
  }
  const answers = await Promise.all(sent);
  agent.destroy();
  return answers;
}

function send(agent: Agent, url: string, { method, path, headers, body }: Call): Promise<Answered> {
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, retryAfter: boolean) => {
      resolve({ status, retryAfter, milliseconds: performance.now() - began });
    };
    const call = request(url + path, { agent, method, headers, timeout: timeoutMs }, (response) => {
      response.resume().once('end', () => {
        done(response.statusCode ?? 0, response.headers['retry-after'] !== undefined);
      });
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => {
      done(0, false);
    });
    call.end(body);
  });
}
