import { rm } from 'node:fs/promises';
import { shared } from './global-setup.ts';

export default async function globalTeardown(): Promise<void> {
  await shared.postgres?.stop();
  await rm(shared.directory ?? '', { recursive: true, force: true });
}
