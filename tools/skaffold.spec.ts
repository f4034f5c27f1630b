import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './lib/root.ts';

interface Skaffold {
  build: { local: { push?: boolean } };
}

const skaffold = parse(readFileSync(join(root, 'skaffold.yaml'), 'utf8')) as Skaffold;

describe('skaffold.yaml', () => {
  it('leaves to Skaffold whether a cluster is local or needs a push', () => {
    expect(skaffold.build.local.push).toBeUndefined();
  });
});
