import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parse, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { run } from '../lib/run.ts';

/** References by digest, by the images' names in the manifests. */
export type Images = Record<string, string>;

/** All environments, in the order of promotion. */
export const environments = ['dev', 'staging', 'prod'];

const pushes = 3;
const branch = 'main';

/** Parses `NAME=REFERENCE NAME=REFERENCE …`, the output of publish.sh. */
export function parseImages(text: string): Images {
  return Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((part) => {
        const [, name = '', reference = ''] = /^([^=]+)=(.+)$/.exec(part) ?? [];
        return [name, byDigest(reference)];
      }),
  );
}

/** A clone, with main checked out, of the repository that Argo CD pulls. */
export class Repository {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=deployment', '-c', 'user.email=deployment@localhost'];
    return run('git', [...identity, ...args], { cwd: this.folder });
  }

  /**
   * The images of an environment.
   * @throws Error if a reference is not by digest
   */
  images(environment: string): Images {
    return Object.fromEntries(this.entries(environment).map(([name, reference]) => [name, byDigest(reference)]));
  }

  /** Whether an environment's images have ever been set. */
  isDeployed(environment: string): boolean {
    return this.entries(environment).every(([, reference]) => digestOf(reference) !== undefined);
  }

  /** The images of all environments that have been deployed, each once. */
  deployedImages(): string[] {
    const deployed = environments.filter((environment) => this.isDeployed(environment));
    return [...new Set(deployed.flatMap((environment) => Object.values(this.images(environment))))];
  }

  /**
   * Commits an environment's images and pushes.
   * @returns the commit, or undefined if the environment already has these images
   */
  async setImages(environment: string, images: Images): Promise<string | undefined> {
    const file = this.overlay(environment);
    const document = parseDocument(readFileSync(file, 'utf8'));
    const entries = (document.get('images') as YAMLSeq<YAMLMap>).items;
    for (const [name, reference] of Object.entries(images)) {
      const [newName, digest] = byDigest(reference).split('@');
      const entry = entries.find((item) => item.get('name') === name);
      if (!entry) {
        throw new Error(`${file} has no image ${name}`);
      }
      entry.delete('newTag');
      entry.set('newName', newName);
      entry.set('digest', digest);
    }
    writeFileSync(file, await format(document.toString(), { ...(await resolveConfig(file)), filepath: file }));
    await this.git('add', file);
    if ((await this.git('diff', '--cached', '--name-only')) === '') {
      return undefined;
    }
    const lines = Object.values(images).map((reference) => `- ${reference}`);
    await this.git('commit', '--quiet', '--no-verify', '-m', `chore(${environment}): deploy`, '-m', lines.join('\n'));
    return this.push();
  }

  /** The newest commit on the remote. */
  async head(): Promise<string> {
    return (await this.git('ls-remote', 'origin', branch)).split('\t')[0] ?? '';
  }

  /**
   * Reverts a commit and pushes, unless that is done.
   * @returns the commit that reverts it
   */
  async revert(revision: string): Promise<string> {
    const done = await this.revertOf(revision);
    if (done) {
      return done;
    }
    await this.git('revert', '--no-edit', revision);
    return this.push();
  }

  /** The commit on the remote that reverts another one; undefined if there is none. */
  async revertOf(revision: string): Promise<string | undefined> {
    await this.git('fetch', '--quiet', 'origin', branch);
    const full = (await this.git('rev-parse', revision)).trim();
    const found = await this.git('log', '--format=%H', '-1', `--grep=^This reverts commit ${full}`, 'FETCH_HEAD');
    return found.trim() || undefined;
  }

  /**
   * Requires a checkout without changes of its own, so that a push publishes nothing else.
   * @throws Error if there are any
   */
  async assertUnchanged(): Promise<void> {
    await this.git('fetch', '--quiet', 'origin', branch);
    const changed = await this.git('status', '--porcelain', '--untracked-files=no');
    const ahead = await this.git('log', '--format=%h %s', 'FETCH_HEAD..HEAD');
    if (changed || ahead) {
      throw new Error(`not a clean checkout of ${branch}:\n${changed}${ahead}`);
    }
    await this.git('merge', '--quiet', '--ff-only', 'FETCH_HEAD');
  }

  /** Pushes. If others pushed first, rebases and retries. */
  private async push(): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.git('push', '--quiet', 'origin', `HEAD:${branch}`);
        return (await this.git('rev-parse', 'HEAD')).trim();
      } catch (error) {
        if (attempt === pushes) {
          throw error;
        }
        await this.git('pull', '--quiet', '--rebase', 'origin', branch);
      }
    }
  }

  /** The kustomization of the environment's Application. */
  overlay(environment: string): string {
    const application = parse(
      readFileSync(join(this.folder, `k8s/argocd/application-${environment}.yaml`), 'utf8'),
    ) as {
      spec: { source: { path: string } };
    };
    return join(this.folder, application.spec.source.path, 'kustomization.yaml');
  }

  private entries(environment: string): [string, string][] {
    const { images } = parse(readFileSync(this.overlay(environment), 'utf8')) as {
      images: { name: string; newName: string; digest: string }[];
    };
    return images.map(({ name, newName, digest }) => [name, `${newName}@${digest}`]);
  }
}

/** The digest of a reference; undefined if there is none, or if it is the zeros of an overlay that was never deployed. */
function digestOf(reference: string): string | undefined {
  const [, digest = ''] = /^[^@]+@sha256:([0-9a-f]{64})$/.exec(reference) ?? [];
  return /[1-9a-f]/.test(digest) ? digest : undefined;
}

function byDigest(reference: string): string {
  if (digestOf(reference) === undefined) {
    throw new Error(`not a reference by digest: ${reference}`);
  }
  return reference;
}
