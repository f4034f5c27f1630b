/** Prints the images that the environments run, for `make scan-deployed`. */
import { root } from '../lib/root.ts';
import { Repository } from './repository.ts';

for (const image of new Repository(root).deployedImages()) {
  console.log(image);
}
