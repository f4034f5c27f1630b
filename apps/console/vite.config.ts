import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, '../..');
const appModule = join(import.meta.dirname, 'src/app.tsx');
const beginModule = join(import.meta.dirname, 'src/session/begin.ts');
const compress = promisify(brotliCompress);

/** Writes a Brotli file beside each script and style sheet, so that the service compresses nothing itself. */
const precompress: Plugin = {
  name: 'precompress',
  async writeBundle({ dir = '' }, bundle) {
    const files = Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name));
    await Promise.all(
      files.map(async (name) => {
        const path = join(dir, name);
        await writeFile(`${path}.br`, await compress(await readFile(path)));
      }),
    );
  },
};

/** Gives each component that is used its own style sheet, which is a fraction of the component library's. */
const componentStyles: Plugin = {
  name: 'component-styles',
  transform: {
    filter: { id: /@mantine\/core\/.*\.module\.mjs$/ },
    handler: (code, id) => `import '@mantine/core/styles/${basename(id, '.module.mjs')}.layer.css';\n${code}`,
  },
};

/** Puts the script that begins to sign in into the document, and lets it load the app beside those that go on with that. */
const loadFirst: Plugin = {
  name: 'load-first',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const entries = new Set(
        chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName, imports }) => [fileName, ...imports]),
      );
      const of = (module: string) => chunks.find(({ moduleIds }) => moduleIds.includes(module));
      const [begin, app] = [of(beginModule), of(appModule)];
      if (!begin || !app) {
        throw new Error('the scripts to load first are in no chunk');
      }
      const files = [app.fileName, ...app.imports.filter((file) => !entries.has(file))];
      return {
        // after the tag that names the issuer, before the other scripts
        html: html.replace('<script', () => `<script async type="module">${begin.code.trim()}</script>\n    <script`),
        tags: files.map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/console/${file}` },
          injectTo: 'head' as const,
        })),
      };
    },
  },
};

interface ModuleGraph {
  getModuleInfo: (id: string) => { importedIds: readonly string[] } | null;
}
const appModules = new Set<string>();
/** Whether the app can't start without a module. All of them are one file: a browser without HTTP/2 loads six at a time. */
function isInApp(id: string, graph: ModuleGraph): boolean {
  const add = (module: string) => {
    if (!appModules.has(module)) {
      appModules.add(module);
      graph.getModuleInfo(module)?.importedIds.forEach(add);
    }
  };
  add(appModule);
  return appModules.has(id);
}

/** Builds the console into static files, which apps/auth serves at /console/. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [componentStyles, loadFirst, precompress],
  resolve: {
    conditions: ['source', 'module', 'browser', 'production'],
    // Preact does what React does in a fraction of its size, and components of others import React
    alias: [
      { find: /^react$/, replacement: join(import.meta.dirname, 'src/kit/react.js') },
      { find: /^react-dom$/, replacement: 'preact/compat' },
      { find: /^react-dom\/client$/, replacement: 'preact/compat/client' },
      { find: /^react\/jsx-(dev-)?runtime$/, replacement: 'preact/jsx-runtime' },
    ],
  },
  build: {
    outDir: join(root, 'dist/apps/console'),
    emptyOutDir: true,
    target: 'es2023',
    // the service's policy allows no data: URL for fonts or scripts
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // the notices that the licences of its packages demand
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // packages mark modules for React's server components, which the console has none of
      onwarn(warning, warn) {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') {
          warn(warning);
        }
      },
      checks: { pluginTimings: false },
      output: {
        codeSplitting: {
          groups: [
            { name: 'begin', test: (id) => id === beginModule, priority: 3 },
            { name: 'session', tags: ['$initial'], priority: 2 },
            { name: (id, graph) => (isInApp(id, graph) ? 'app' : null), priority: 1 },
            { name: 'common', minShareCount: 4 },
          ],
        },
      },
    },
  },
  logLevel: 'warn',
});
