import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../lib/root.ts';
import { Repository } from './repository.ts';

const zeros = '0'.repeat(64);
let folder: string;
let repository: Repository;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'repository-'));
  for (const part of ['argocd', 'overlays']) {
    cpSync(join(root, 'k8s', part), join(folder, 'k8s', part), { recursive: true });
  }
  repository = new Repository(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Replaces the digest of the image at a place in the environment's list. */
function setDigest(environment: string, place: number, digest: string): void {
  const file = repository.overlay(environment);
  let at = -1;
  const text = readFileSync(file, 'utf8').replaceAll(/sha256:[0-9a-f]{64}/g, (old) =>
    (at += 1) === place ? `sha256:${digest}` : old,
  );
  writeFileSync(file, text);
}

describe('the images of all environments', () => {
  it('are those by digest, each once, without environments that were never deployed', () => {
    for (const environment of ['dev', 'staging', 'prod']) {
      setDigest(environment, 0, zeros);
      setDigest(environment, 1, zeros);
    }
    expect(repository.deployedImages()).toEqual([]);
    for (const environment of ['dev', 'staging']) {
      setDigest(environment, 0, '1'.repeat(64));
      setDigest(environment, 1, (environment === 'dev' ? '2' : '3').repeat(64));
    }
    // of prod, one image has never been deployed
    setDigest('prod', 0, '4'.repeat(64));
    const digests = repository.deployedImages().map((image) => image.split('@sha256:')[1]?.[0]);
    expect(digests.sort()).toEqual(['1', '2', '3']);
  });
});
