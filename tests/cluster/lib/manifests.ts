import { parseAllDocuments } from 'yaml';
import { kubectl } from '../../../tools/lib/kubectl.ts';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: object;
}

export const label = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

/** The API group, which is empty for the core API. */
export const groupOf = ({ apiVersion }: Manifest): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

export const parse = (yaml: string): Manifest[] =>
  parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);

let served: Promise<string[]> | undefined;

/** Whether the API server of the current context serves this kind. */
export async function isServed({ apiVersion, kind }: Manifest): Promise<boolean> {
  served ??= kubectl(['api-resources', '--no-headers']).then((text) => text.split('\n'));
  return (await served).some((line) => line.includes(` ${apiVersion} `) && line.trim().endsWith(` ${kind}`));
}
