import { describe, expect, it } from 'vitest';
import { detectKind } from './cluster.ts';

const node = (name: string, providerID?: string, labels: Record<string, string> = {}) => [
  { metadata: { name, labels }, spec: { ...(providerID && { providerID }) } },
];

describe('detectKind', () => {
  it.each([
    ['kind-one', node('one-control-plane', 'kind://docker/one/one-control-plane'), 'kind', 'one'],
    ['renamed', node('one-control-plane', 'kind://podman/one/one-control-plane'), 'kind', 'one'],
    ['k3d-two', node('k3d-two-server-0', 'k3s://k3d-two-server-0'), 'k3d', 'two'],
    ['minikube', node('minikube', undefined, { 'minikube.k8s.io/name': 'minikube' }), 'minikube', 'minikube'],
    ['docker-desktop', node('docker-desktop'), 'Docker Desktop', 'docker-desktop'],
    ['production', node('ip-10-0-0-1', 'aws:///eu-central-1a/i-0abc'), 'other', 'production'],
    ['empty', [], 'other', 'empty'],
  ])('detects the cluster of the context %s by its nodes', (context, nodes, kind, name) => {
    expect(detectKind(context, nodes)).toEqual({ context, kind, name });
  });
});
