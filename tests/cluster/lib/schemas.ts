import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from '../../../tools/lib/run.ts';
import { type Manifest } from './manifests.ts';

export const kubernetesVersions = ['1.34.0', '1.35.0', '1.36.0'];

const packages: Record<string, string> = {
  'argoproj.io': 'argo-cd',
  'bitnami.com': 'sealed-secrets',
  'cert-manager.io': 'cert-manager',
  'gateway.networking.k8s.io': 'gateway-api',
  'policies.kyverno.io': 'kyverno',
  'monitoring.coreos.com': 'prometheus-operator',
  'traefik.io': 'traefik',
};

const packageOf = ({ apiVersion }: Manifest) => packages[apiVersion.split('/')[0] ?? ''];
export const isCustom = (manifest: Manifest): boolean => packageOf(manifest) !== undefined;

/** Validates built-in kinds strictly against one Kubernetes version. Returns the problems. */
export async function checkBuiltIn(manifests: Manifest[], version: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'schema-'));
  const lines = (output: string) => output.replaceAll(`${folder}/`, '').split('\n').filter(Boolean);
  try {
    const files = manifests.map((manifest, index) => {
      const file = join(folder, `${index}-${manifest.kind}-${manifest.metadata.name}.json`);
      writeFileSync(file, JSON.stringify(manifest));
      return file;
    });
    // output with exit code 0 means that Kubernetes does not have the kind or its version
    return lines(
      await run('kubernetes-validate', ['--kubernetes-version', version, '--strict', '--quiet', ...files], {
        seconds: 900,
      }),
    );
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    return lines(error.output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Model {
  prototype: { validate(this: unknown): void };
}

/** The published schemas accept unknown fields, but read every field that they know: a field that is never read is unknown. */
function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const children = new Map<string | symbol, unknown>();
  for (const [key, child] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[]` : `${path}.${key}`;
    children.set(key, watched(child, place, unread));
    if (!Array.isArray(value)) {
      unread.add(place);
    }
  }
  return new Proxy(value, {
    get(target, key) {
      if (!children.has(key)) {
        return Reflect.get(target, key) as unknown;
      }
      unread.delete(`${path}.${String(key)}`);
      return children.get(key);
    },
  });
}

/** Validates a custom resource strictly against its published schema. Returns the problems. */
export async function checkCustom(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  const models = (await import(`@kubernetes-models/${packageOf(manifest)}/${apiVersion}/${kind}`)) as Record<
    string,
    Model
  >;
  const Model = models[kind];
  if (!Model) {
    return [`no schema for ${apiVersion} ${kind}`];
  }
  try {
    const unread = new Set<string>();
    // called on the manifest itself, since an instance is a copy, and copying reads every field
    Model.prototype.validate.call(watched(manifest, kind, unread));
    return [...unread].map((path) => `unknown field ${path}`);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
