import { kubectl } from '../../../tools/lib/kubectl.ts';

/**
 * The cluster's ingress controller: its IP address and the namespace of its pods.
 * @throws if `INGRESS_ADDRESS` is not set
 */
export function ingressController(): { ip: string; controller: string } {
  const ip = process.env['INGRESS_ADDRESS'];
  if (!ip) {
    throw new Error('INGRESS_ADDRESS is not set: the IP address of the ingress controller');
  }
  return { ip, controller: process.env['INGRESS_NAMESPACE'] ?? 'ingress' };
}

/** Has the network policies admit a namespace as that of a gateway, until the drill ends. */
export async function admitGateway(namespace: string, after: (end: () => Promise<unknown>) => void): Promise<void> {
  await kubectl(['label', 'namespace', namespace, 'devopslocally/role=gateway', '--overwrite']);
  after(() => kubectl(['label', 'namespace', namespace, 'devopslocally/role-']));
}
