import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parse, parseDocument } from 'yaml';
import { run } from '../lib/run.ts';
import { setImages } from './overlay.ts';

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

  /** Names of an environment's Argo CD Applications: its own, then one of each other service. */
  applications(environment: string): string[] {
    return [environment, ...this.services().map((service) => `${service}-${environment}`)];
  }

  /** The images of an environment's Applications, without those that have none yet. */
  applicationImages(environment: string, images: Images): [application: string, images: Images][] {
    const services = this.services();
    const applicationOf = (image: string) => {
      const name = image.split('/').at(-1) ?? '';
      return services.includes(name) ? `${name}-${environment}` : environment;
    };
    return this.applications(environment)
      .map((application): [string, Images] => [
        application,
        Object.fromEntries(Object.entries(images).filter(([image]) => applicationOf(image) === application)),
      ])
      .filter(([, own]) => Object.keys(own).length > 0);
  }

  /**
   * The images of an environment, with those of its services that have been deployed.
   * @throws Error if a reference is not by digest
   */
  images(environment: string): Images {
    const entries = this.applications(environment).flatMap((application) => this.entries(application));
    return Object.fromEntries(entries.map(([name, reference]) => [name, byDigest(reference)]));
  }

  /** Whether an Application's images have ever been set. */
  isDeployed(application: string): boolean {
    const entries = this.entries(application);
    return entries.length > 0 && entries.every(([, reference]) => digestOf(reference) !== undefined);
  }

  /** The images of all Applications that have been deployed, each once. */
  deployedImages(): string[] {
    const deployed = environments
      .flatMap((environment) => this.applications(environment))
      .filter((application) => this.isDeployed(application));
    const references = deployed.flatMap((application) => this.entries(application).map(([, reference]) => reference));
    return [...new Set(references)];
  }

  /**
   * Commits an Application's images and pushes. A service is deployed with its first image.
   * @returns the commit; if the Application already has these images, the latest one that changed its kustomization
   */
  async setImages(application: string, images: Images): Promise<{ revision: string; isNew: boolean }> {
    const file = this.overlay(application);
    const document = parseDocument(readFileSync(file, 'utf8'));
    Object.values(images).forEach(byDigest);
    setImages(document, images);
    writeFileSync(file, await format(document.toString(), { ...(await resolveConfig(file)), filepath: file }));
    await this.git('add', file);
    if ((await this.git('diff', '--cached', '--name-only')) === '') {
      return { revision: (await this.git('log', '-1', '--format=%H', '--', file)).trim(), isNew: false };
    }
    const lines = Object.values(images).map((reference) => `- ${reference}`);
    await this.git('commit', '--quiet', '--no-verify', '-m', `chore(${application}): deploy`, '-m', lines.join('\n'));
    return { revision: await this.push(), isNew: true };
  }

  /** The newest commit on the remote. */
  async head(): Promise<string> {
    return (await this.git('ls-remote', 'origin', branch)).split('\t')[0] ?? '';
  }

  /**
   * Reverts a commit and pushes, unless that is done. Of a merge, it reverts what came in.
   * @returns the commit that reverts it
   * @throws Error if later commits changed the same lines; the checkout is as before
   */
  async revert(revision: string): Promise<string> {
    const done = await this.revertOf(revision);
    if (done) {
      return done;
    }
    const [, ...parents] = (await this.git('rev-list', '--parents', '-n', '1', revision)).trim().split(' ');
    try {
      await this.git('revert', '--no-edit', ...(parents.length > 1 ? ['-m', '1'] : []), revision);
    } catch (error) {
      await this.git('revert', '--abort');
      throw new Error(`${revision} can not be reverted by itself: revert later commits to the same lines first`, {
        cause: error,
      });
    }
    return this.push();
  }

  /** The commit on the remote that reverts another one, and is not itself reverted; undefined if there is none. */
  async revertOf(revision: string): Promise<string | undefined> {
    await this.git('fetch', '--quiet', 'origin', branch);
    const full = (await this.git('rev-parse', revision)).trim();
    const found = await this.git('log', '--format=%H', `--grep=^This reverts commit ${full}`, 'FETCH_HEAD');
    for (const commit of found.split('\n').filter(Boolean)) {
      if (!(await this.revertOf(commit))) {
        return commit;
      }
    }
    return undefined;
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

  /** The kustomization of an Application. */
  overlay(application: string): string {
    const { spec } = parse(readFileSync(join(this.folder, `k8s/argocd/application-${application}.yaml`), 'utf8')) as {
      spec: { source: { path: string } };
    };
    return join(this.folder, spec.source.path, 'kustomization.yaml');
  }

  /** The services other than auth, which have Applications of their own. */
  private services(): string[] {
    const folder = join(this.folder, 'k8s/services');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  private entries(application: string): [string, string][] {
    const { images } = parse(readFileSync(this.overlay(application), 'utf8')) as {
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
