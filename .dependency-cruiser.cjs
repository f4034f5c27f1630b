/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'common-knows-no-app',
      comment: 'libs/common is what every service needs, and nothing of any service’s rules.',
      severity: 'error',
      from: { path: '^libs/common/src' },
      to: { path: '^apps' },
    },
    {
      name: 'apps-use-common-by-its-index',
      severity: 'error',
      from: { path: '^apps/[^/]+/src' },
      to: { path: '^libs/common/src/.+', pathNot: '^libs/common/src/(tracing/)?index\\.ts$' },
    },
    {
      name: 'capabilities-by-their-index',
      comment: 'A capability is imported as its folder’s index.ts says, never by its insides.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/([^/]+)/' },
      to: { path: '^apps/$1/src/[^/]+/', pathNot: ['^apps/$1/src/$2/', '/index\\.ts$'] },
    },
    {
      name: 'tools-know-no-tests',
      comment: 'What tools and tests share is in tools/lib.',
      severity: 'error',
      from: { path: '^tools' },
      to: { path: '^tests' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-packages',
      severity: 'error',
      from: { path: '^(apps|libs)/[^/]+/src', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    // the peers of the benchmark bring packages of their own, installed when they are compared
    { name: 'no-missing', severity: 'error', from: { pathNot: '^bench/peers/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
