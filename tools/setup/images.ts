import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { services } from '../lib/services.ts';
import { type Cluster } from './cluster.ts';

/** Build options of the project's images, by name. */
export const images: Record<string, string[]> = {
  'devopslocally/postgres': ['--file', 'images/postgres.Dockerfile'],
  ...Object.fromEntries(
    services().map((app) => [
      `devopslocally/${app}`,
      ['--file', 'images/auth.Dockerfile', '--target', 'production', '--build-arg', `APP=${app}`],
    ]),
  ),
};

const docker = (args: string[]) => run('docker', args, { cwd: root, seconds: 900 });

/** Builds an image and tags it by its content, so that an unchanged image is not rolled out again. */
export async function build(name: string, options: string[]): Promise<string> {
  const id = (await docker(['build', '--quiet', ...options, '.'])).trim();
  const reference = `${name}:${id.replace('sha256:', '').slice(0, 12)}`;
  await docker(['tag', id, reference]);
  return reference;
}

/**
 * Loads an image into the cluster's nodes.
 * @param registry from which the nodes of an unknown kind of cluster pull
 * @returns the reference for pods
 */
export async function load(reference: string, { kind, name }: Cluster, registry: string): Promise<string> {
  if (kind === 'kind') {
    await run('kind', ['load', 'docker-image', '--name', name, reference], { seconds: 300 });
  }
  if (kind === 'k3d') {
    await run('k3d', ['image', 'import', '--cluster', name, reference], { seconds: 300 });
  }
  if (kind === 'minikube') {
    await run('minikube', ['image', 'load', '--profile', name, reference], { seconds: 300 });
  }
  if (kind !== 'other') {
    return reference;
  }
  const pushed = `${registry}/${reference}`;
  await docker(['tag', reference, pushed]);
  await docker(['push', '--quiet', pushed]);
  return pushed;
}
