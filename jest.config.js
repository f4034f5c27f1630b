import process from 'node:process';

// coverage of a partial run says nothing
const wholeRun = process.argv.length === 2;

/** Native ESM, which needs a flag of Node.js: see `npm test`. */
export default {
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools', '<rootDir>/examples'],
  testMatch: ['**/*.spec.ts', '**/*.e2e.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2024',
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: { '^#common$': '<rootDir>/libs/common/src/index.ts' },
  // CommonJS packages require() Nest, which fails while Jest is still importing it
  setupFiles: ['<rootDir>/apps/auth/test/setup/load-nest.ts'],
  globalSetup: '<rootDir>/apps/auth/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/apps/auth/test/setup/global-teardown.ts',
  maxWorkers: 2,
  testTimeout: 30_000,
  collectCoverage: wholeRun,
  coverageProvider: 'v8',
  coverageReporters: ['text', 'json-summary'],
  collectCoverageFrom: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts', '!**/*.spec.ts'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
};
