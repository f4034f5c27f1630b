import { defineConfig } from 'vitest/config';

export default defineConfig({
  // the sources of the packages in libs, instead of what is built
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node'] } },
  // as tsconfig.json says; without these fields Nest injects nothing and TypeORM finds no column's type
  oxc: {
    target: 'es2024',
    decorator: { legacy: true, emitDecoratorMetadata: true },
    jsx: { runtime: 'automatic', importSource: 'hono/jsx' },
  },
  test: {
    include: ['{apps,libs,tools,examples}/**/*.{spec,e2e}.ts'],
    globalSetup: 'apps/auth/test/setup/global-setup.ts',
    setupFiles: 'apps/auth/test/setup/each-file.ts',
    pool: 'forks',
    // loading the service takes seconds: once a worker, not once a file
    isolate: false,
    // a worker waits for browsers, PostgreSQL and clocks most of the time
    maxWorkers: 3,
    // no figure of the service: a busy machine of two cores takes this long for what a quiet one does in ten seconds
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // collected by `make test COVERAGE=1`: it takes a third of the time again
    coverage: {
      provider: 'v8',
      include: ['apps/*/src/**/*.{ts,tsx}', 'libs/*/src/**/*.ts'],
      exclude: ['**/*.spec.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { lines: 90, branches: 90 },
    },
  },
});
