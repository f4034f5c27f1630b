import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './load.ts';

/** The outcome of one request. */
export interface Outcome {
  /** 0 without a response. */
  status: number;
  milliseconds: number;
  retryAfter: boolean;
}

const tickMs = 5;
const timeoutMs = 10_000;

/** Starts requests at a constant rate, whether or not earlier ones have a response. Waits for the last responses. */
export async function openLoop(url: string, next: () => Call, rate: number, seconds: number): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: true });
  const sent: Promise<Outcome>[] = [];
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

function send(agent: Agent, url: string, { method, path, headers, body }: Call): Promise<Outcome> {
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
