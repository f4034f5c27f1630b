import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = resolve(import.meta.dirname, '../..');
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

/** Builds the console into static files, which apps/auth serves at /console/. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [precompress],
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  build: {
    outDir: join(root, 'dist/apps/console'),
    emptyOutDir: true,
    target: 'es2023',
    // the service's policy allows no data: URL for fonts or scripts
    assetsInlineLimit: 0,
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
    },
  },
  logLevel: 'warn',
});
