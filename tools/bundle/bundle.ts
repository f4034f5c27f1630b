import { build as bundleFiles, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { root } from '../lib/root.ts';

/**
 * Packages that stay files beside a bundle: native code, what tracing instruments while it loads, and the files of Swagger UI, which
 * browsers get.
 */
export const unbundled = ['pg', '@node-rs/argon2', 'bcrypt', 'swagger-ui-dist'];

/** Packages that Nest looks for and that no service here installs. */
const notInstalled = [
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  '@fastify/multipart',
  '@fastify/view',
  'class-transformer',
  'class-validator',
];

const ownRequire = 'const require = createRequire(import.meta.url);';
/** @throws Error if Nest writes it otherwise: the bundle would lack what is loaded by it */
function withoutRequire(code: string): string {
  if (code.includes('createRequire(') && !code.includes(ownRequire)) {
    throw new Error(`a module of Nest calls createRequire otherwise than by: ${ownRequire}`);
  }
  return code.replace(ownRequire, '');
}

/** Some ES modules of Nest make a `require` of their own, which hides from the bundler what they load. */
const visibleRequire: Plugin = {
  name: 'visible-require',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/@nestjs\/(swagger|terminus|typeorm)\/.*\.js$/ }, async ({ path }) => ({
      contents: withoutRequire(await readFile(path, 'utf8')),
    }));
  },
};

/** Leaves out what packages name and no service uses: TypeORM's other databases, and Zod's messages in other languages. */
const onlyUsed: Plugin = {
  name: 'only-used',
  setup(build) {
    build.onResolve({ filter: /^\.\/[\w-]+\/\w+Driver$/ }, ({ importer, path }) =>
      importer.endsWith('/typeorm/driver/DriverFactory.js') && !path.startsWith('./postgres/')
        ? { path, namespace: 'unused' }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
};

/** An `import` of Node.js' module http reads all its members, and one of them loads its WebSocket client. `require` does not. */
const requiredHttp: Plugin = {
  name: 'required-http',
  setup(build) {
    build.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'node:http', namespace: 'required' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

const options = {
  absWorkingDir: root,
  preserveSymlinks: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Nest and the log need the names of classes and functions
  keepNames: true,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  external: [...unbundled, ...notInstalled],
  plugins: [visibleRequire, onlyUsed, requiredHttp],
  // for CommonJS packages
  banner: {
    js: [
      "const require = process.getBuiltinModule('module').createRequire(import.meta.url);",
      'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
    ].join('\n'),
  },
} satisfies BuildOptions;

/**
 * Bundles programs with the packages that they use into ES modules, and what they share into modules beside them. Lines stay as
 * they are, so that stacks in the log lead to them.
 * @param entryPoints path of each program, by its name in `outdir`
 */
export async function bundle(entryPoints: Record<string, string>, outdir: string): Promise<Metafile> {
  const written = await bundleFiles({ ...options, entryPoints, outdir, write: false });
  await mkdir(outdir, { recursive: true });
  if (!written.outputFiles.some(({ text }) => text.includes(nameHelper))) {
    throw new Error('esbuild names functions otherwise than expected');
  }
  for (const { path, text } of written.outputFiles) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, ascii(text.replace(nameHelper, cheaperNameHelper)));
  }
  return written.metafile;
}

/** By which esbuild keeps names. It runs whenever a function is made, also in hot paths. */
const nameHelper = 'var __name = (target, value) => __defProp(target, "name", { value, configurable: true });';
/** Names what can have lost its name and is known by it: classes, and functions that are no arrow functions. */
const cheaperNameHelper = nameHelper.replace(
  '=> ',
  '=> target.name === value || target.prototype === undefined ? target : ',
);

/** Escapes what esbuild does not: comments and regular expressions. One such character, and V8 keeps the file with two bytes for each. */
const ascii = (code: string): string =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
