/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'common-knows-no-app',
      comment: 'libs/common holds what every service needs, and none of a service’s own rules.',
      severity: 'error',
      from: { path: '^libs/common/src' },
      to: { path: '^apps' },
    },
    {
      name: 'packages-stand-alone',
      comment: 'What is packed for npm imports its own files and packages alone.',
      severity: 'error',
      from: { path: '^libs/(client|guard)/src' },
      to: { path: '^(apps|libs|tools)/', pathNot: '^libs/$1/src' },
    },
    {
      name: 'apps-use-common-by-its-index',
      severity: 'error',
      from: { path: '^apps/[^/]+/src' },
      to: { path: '^libs/common/src/.+', pathNot: '^libs/common/src/(tracing/)?index\\.ts$' },
    },
    {
      name: 'capabilities-by-their-index',
      comment:
        'A file imports from another folder only what that folder’s index.ts exports. The folders of languages are parts.',
      severity: 'error',
      from: {
        path: '^apps/([^/]+)/src/([^/]+/[^/]+|[^/]+)/[^/]+$',
        // an index would load all parts of the console's kit with its first page
        pathNot: ['/(formats|migrations|[a-z][a-z])/', '^apps/console/'],
      },
      to: {
        path: '^apps/$1/src/[^/]+/',
        pathNot: ['^apps/$1/src/$2/(formats/|migrations/|[a-z][a-z]/)?[^/]+$', '/index\\.ts$'],
      },
    },
    {
      name: 'no-folder-cycles',
      comment: 'The rooms of a service depend on each other in one direction.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^apps/[^/]+/src/[^/]+$' },
      to: { circular: true },
    },
    {
      name: 'tools-know-no-tests',
      comment: 'Code that tools and tests share belongs in tools/lib.',
      severity: 'error',
      from: { path: '^tools' },
      to: { path: '^tests' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-packages',
      severity: 'error',
      from: { path: '^(apps|libs)/[^/]+/src', pathNot: ['\\.spec\\.ts$', '^libs/client/'] },
      to: { dependencyTypes: ['npm-dev'] },
    },
    // bench/peers has packages of its own, which only `make bench-compare` installs
    { name: 'no-missing', severity: 'error', from: { pathNot: '^bench/peers/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist'] },
    exclude: { path: '^libs/[^/]+/dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
