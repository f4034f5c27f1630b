/**
 * The machine's upper limit for logins: verifies one password with the library alone, for the given seconds and concurrency, and
 * prints the rate as JSON.
 */
import { hash, verify } from '@node-rs/argon2';

const [seconds = 1, concurrency = 1, memoryCost = 19_456, timeCost = 2] = process.argv.slice(2).map(Number);
const password = 'violet-otter-hums-42-songs';
const known = await hash(password, { memoryCost, timeCost, parallelism: 1 });

let count = 0;
const used = process.cpuUsage();
const began = performance.now();
const end = began + seconds * 1000;
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    while (performance.now() < end) {
      await verify(known, password);
      count += 1;
    }
  }),
);
const { user, system } = process.cpuUsage(used);
const perSecond = (count * 1000) / (performance.now() - began);
process.stdout.write(JSON.stringify({ perSecond, cpuMs: (user + system) / 1000 / count, errors: 0 }));
