import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { root } from '../lib/root.ts';
import { addToManifests } from '../new-service/manifests.ts';
import { setImages } from './overlay.ts';

interface Kustomization {
  images: { name: string; newName: string; digest: string }[];
  patches?: { target?: { labelSelector?: string } }[];
}

const generated = new Map(addToManifests(root, 'order-history'));
const reference = `registry.example.com/devopslocally/order-history@sha256:${'1'.repeat(64)}`;

describe.each(['dev-released', 'staging', 'prod'])('a generated service in %s', (overlay) => {
  const path = `k8s/overlays/${overlay}/kustomization.yaml`;
  const committed = parse(readFileSync(join(root, path), 'utf8')) as Kustomization;
  const text = generated.get(path) ?? '';

  it('is excluded until its first image is set', () => {
    const { images, patches } = parse(text) as Kustomization;
    expect(images).toEqual(committed.images);
    expect(patches?.at(-1)).toMatchObject({ target: { labelSelector: 'app.kubernetes.io/name=order-history' } });
  });

  it('enters with its first image, which later ones replace', () => {
    const document = parseDocument(text);
    setImages(document, { 'devopslocally/order-history': reference.replaceAll('1', '2') });
    setImages(document, { 'devopslocally/order-history': reference });
    const [newName, digest] = reference.split('@');
    const image = { name: 'devopslocally/order-history', newName, digest };
    expect(parse(document.toString())).toEqual({ ...committed, images: [...committed.images, image] });
  });

  it('does not let an image in that no service has', () => {
    expect(() => setImages(parseDocument(text), { 'devopslocally/order-histroy': reference })).toThrow('order-histroy');
  });
});
