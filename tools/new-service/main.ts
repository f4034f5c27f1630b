/**
 * `npm run new:service NAME [-- --database]`: generates a service built on libs/common with its tests, its overlays and Argo CD
 * Applications, and adds it to the build and to Skaffold. The service authenticates callers by the auth service's access tokens. With
 * `--database` it has a database of its own in the PostgreSQL of the environment.
 */
import { readFileSync, readdirSync, statSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { environments } from '../deploy/repository.ts';
import { addDatabase, addToManifests, promoted } from './manifests.ts';

const root = process.cwd();
const {
  values: { database },
  positionals: [name = ''],
} = parseArgs({ allowPositionals: true, options: { database: { type: 'boolean', default: false } } });
// without --, npm keeps the option for itself
const isOptionLost = process.env['npm_config_database'] !== undefined;
if (isOptionLost || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 30) {
  console.error(
    'Usage: npm run new:service NAME [-- --database]. NAME is lower-case words joined by dashes, such as order-history.',
  );
  process.exit(1);
}
// a name that manifests have is taken too: files would be overwritten, and roles and Secrets named alike
const manifests = readdirSync(join(root, 'k8s'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /^(base|components|overlays)\//.test(path))
  .map((path) => join('k8s', path));
const taken = [join('apps', name), ...manifests].find(
  (path) => basename(path, '.yaml') === name && existsSync(join(root, path)),
);
if (/-(database|alternate)$/.test(name)) {
  console.error(`${name} would be taken for a part of another service's database: choose another ending`);
  process.exit(1);
}
if (taken) {
  console.error(`${taken} already exists`);
  process.exit(1);
}
const routes = 'k8s/components/gateway-tls/http-route.yaml';
if (readFileSync(join(root, routes), 'utf8').includes(`value: /${name} }`)) {
  console.error(`${routes} routes /${name} to auth`);
  process.exit(1);
}

const pascal = name.replaceAll(/(?:^|-)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
const key = name.includes('-') ? `'${name}'` : name;
/** Lines that end with one of these words belong to services with or without a database. */
const [kept, dropped] = database ? [' __database__', ' __stateless__'] : [' __stateless__', ' __database__'];
const fill = (text: string) =>
  text
    .split('\n')
    .filter((line) => !line.endsWith(dropped))
    .map((line) => (line.endsWith(kept) ? line.slice(0, -kept.length) : line))
    .join('\n')
    .replaceAll('__name__', name)
    .replaceAll('__Name__', pascal)
    .replaceAll('__key__', key);

async function write(path: string, text: string): Promise<void> {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  const options = { ...(await resolveConfig(file)), filepath: file };
  writeFileSync(file, /\.(ts|json|yaml)$/.test(path) ? await format(text, options) : text);
  console.log(path);
}

for (const folder of database ? ['template', 'template-database'] : ['template']) {
  const template = join(import.meta.dirname, folder);
  for (const entry of readdirSync(template, { recursive: true, encoding: 'utf8' })) {
    const source = join(template, entry);
    if (!statSync(source).isFile()) {
      continue;
    }
    const target = fill(
      relative(template, source)
        .replaceAll('NAME', name)
        .replace(/\.template$/, ''),
    );
    const text = fill(readFileSync(source, 'utf8'));
    const [folder = ''] = /ENVIRONMENT|PROMOTED/.exec(target) ?? [];
    // one for each environment, or a single one
    for (const environment of { ENVIRONMENT: environments, PROMOTED: promoted }[folder] ?? ['']) {
      await write(target.replace(folder, environment), text.replaceAll('__environment__', environment));
    }
  }
}

interface NestProjects {
  projects: Record<string, object>;
}
const nest = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8')) as NestProjects;
nest.projects[name] = {
  type: 'application',
  root: `apps/${name}`,
  entryFile: `apps/${name}/src/main`,
  sourceRoot: `apps/${name}/src`,
  compilerOptions: { tsConfigPath: `apps/${name}/tsconfig.app.json` },
};
await write('nest-cli.json', JSON.stringify(nest, null, 2));

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
manifest.scripts['build'] = `${manifest.scripts['build'] ?? ''} && tsc -p apps/${name}/tsconfig.app.json`;
await write('package.json', JSON.stringify(manifest, null, 2));

// in turn: both change the overlays
for (const add of database ? [addToManifests, addDatabase] : [addToManifests]) {
  for (const [path, text] of add(root, name)) {
    await write(path, text);
  }
}
console.log(`\nNext: npm test -- ${name}, make verify, skaffold run`);
