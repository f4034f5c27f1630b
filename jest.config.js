const compile = ({ tsx }) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', tsx, decorators: true },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        useDefineForClassFields: false,
        react: { runtime: 'automatic', importSource: 'hono/jsx' },
      },
      target: 'es2024',
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

/** Native ESM, which needs a flag of Node.js: see `npm test`. */
export default {
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools', '<rootDir>/examples'],
  testMatch: ['**/*.spec.ts', '**/*.e2e.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '^.+\\.ts$': compile({ tsx: false }), '^.+\\.tsx$': compile({ tsx: true }) },
  moduleNameMapper: {
    '^#client$': '<rootDir>/libs/client/src/index.ts',
    '^#guard$': '<rootDir>/libs/guard/src/index.ts',
    '^#guard/nest$': '<rootDir>/libs/guard/src/nest.ts',
    '^#common$': '<rootDir>/libs/common/src/index.ts',
  },
  // CommonJS packages require() Nest, which fails while Jest is still importing it
  setupFiles: ['<rootDir>/apps/auth/test/setup/load-nest.ts'],
  globalSetup: '<rootDir>/apps/auth/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/apps/auth/test/setup/global-teardown.ts',
  maxWorkers: 2,
  // no figure of the service: a busy machine of two cores takes this long for what a quiet one does in ten seconds
  testTimeout: 120_000,
  // collected by `make test COVERAGE=1`: it takes a third of the time again
  coverageProvider: 'v8',
  coverageReporters: ['text', 'json-summary'],
  collectCoverageFrom: ['apps/*/src/**/*.{ts,tsx}', 'libs/*/src/**/*.ts', '!**/*.spec.ts'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
};
