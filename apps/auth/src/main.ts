import { startTracing } from '#tracing';

// tracing must start before the modules that it instruments are loaded
const tracing = await startTracing(process.env, 'auth');
const { run } = await import('./app.ts');
await run(tracing);
