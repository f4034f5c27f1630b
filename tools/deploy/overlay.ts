import { isMap, isSeq, type Document, type YAMLMap, type YAMLSeq } from 'yaml';
import { imageEntry } from '../lib/kustomize.ts';

const selector = (service: string) => `app.kubernetes.io/name=${service}`;

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
