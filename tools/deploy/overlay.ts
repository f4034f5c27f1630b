import { isMap, isSeq, type Document, type YAMLMap, YAMLSeq } from 'yaml';
import { imageEntry } from '../lib/kustomize.ts';

const selector = (service: string) => `app.kubernetes.io/name=${service}`;

/** Excludes a service from an overlay's kustomization, until its first image is set. */
export function exclude(overlay: Document, service: string): void {
  const patch = overlay.createNode({
    target: { labelSelector: selector(service) },
    patch: '$patch: delete\nkind: ignored\nmetadata: {name: ignored}\n',
  });
  patch.commentBefore = ' not deployed here yet: the first deployment of a service removes its patch';
  if (!overlay.has('patches')) {
    overlay.set('patches', new YAMLSeq());
  }
  overlay.addIn(['patches'], patch);
}

/** Removes what excludes a service. Returns whether it was excluded. */
function include(overlay: Document, service: string): boolean {
  const patches = overlay.get('patches');
  const excludes = (patch: unknown) =>
    isMap(patch) && patch.getIn(['target', 'labelSelector']) === selector(service) && patch.get('patch') !== undefined;
  const index = isSeq(patches) ? patches.items.findIndex(excludes) : -1;
  if (!isSeq(patches) || index === -1) {
    return false;
  }
  patches.items.splice(index, 1);
  if (patches.items.length === 0) {
    overlay.delete('patches');
  }
  return true;
}

/**
 * Sets images in an overlay's kustomization. A service enters the overlay with its first image.
 * @param images references by digest, by the images' names
 * @throws Error if the overlay knows nothing of an image
 */
export function setImages(overlay: Document, images: Record<string, string>): void {
  const entries = overlay.get('images') as YAMLSeq<YAMLMap>;
  for (const [name, reference] of Object.entries(images)) {
    const index = entries.items.findIndex((item) => item.get('name') === name);
    const entry = overlay.createNode(imageEntry(name, reference)) as YAMLMap;
    if (index !== -1) {
      entries.items[index] = entry;
    } else if (include(overlay, name.split('/').at(-1) ?? '')) {
      entries.add(entry);
    } else {
      throw new Error(`the overlay has no image ${name}`);
    }
  }
}
