import { startTracing } from '#tracing';

// what it instruments must not be loaded before
const tracing = await startTracing(process.env, 'auth');
const { run } = await import('./app.ts');
await run(tracing);
