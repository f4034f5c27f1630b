import { apply, getJson, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { idle } from './connections.ts';
import { images } from './environment.ts';
import { phase, pod } from './traffic.ts';

/** Drops packets of pods, by the `iptables` of their nodes: network policies only ever allow. */
export interface Firewall {
  /** Drops all packets from and to a pod, except those of its own node's kubelet. */
  cutOff: (pod: string) => Promise<void>;
  /** Drops what pods send to the API server. */
  hideApiServer: (pods: string[]) => Promise<void>;
  /** Lets everything through again. */
  open: () => Promise<void>;
}

interface PodOnNode {
  spec: { nodeName: string };
  status: { podIP: string };
}

/**
 * Starts a privileged pod on each node, which enters the node's file system.
 * @param home the namespace of those pods
 * @param namespace the one of the pods whose packets are dropped
 */
export async function startFirewall(home: string, namespace: string): Promise<Firewall> {
  await apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: home, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
  });
  const nodes = (await kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ');
  for (const node of nodes) {
    await apply(onNode(node, home));
  }
  for (const node of nodes) {
    await until(`firewall on ${node}`, 120, async () => (await phase(node, home)) === 'Running');
  }
  const apiPort = await kubectl([
    ...['get', 'endpoints', 'kubernetes', '-n', 'default'],
    ...['-o', 'jsonpath={.subsets[0].ports[0].port}'],
  ]);
  const toApiServer = (ip: string) => [...['-s', ip, '-p', 'tcp'], ...['--dport', apiPort]];
  const iptables = (node: string, ...args: string[]) =>
    kubectl(['exec', node, '-n', home, '--', 'chroot', '/host', 'iptables', '--wait', ...args]);
  const dropped: { node: string; rule: string[] }[] = [];
  const drop = async (name: string, rules: (ip: string) => string[][]) => {
    const { spec, status } = await getJson<PodOnNode>(['pod', name, '-n', namespace]);
    for (const rule of rules(status.podIP)) {
      await iptables(spec.nodeName, '--insert', ...rule, '--jump', 'DROP');
      dropped.push({ node: spec.nodeName, rule });
    }
  };
  return {
    cutOff: (name) =>
      drop(name, (ip) => [
        ['INPUT', ...toApiServer(ip)],
        ['FORWARD', '-s', ip],
        ['FORWARD', '-d', ip],
      ]),
    async hideApiServer(pods) {
      for (const name of pods) {
        await drop(name, (ip) => [
          ['INPUT', ...toApiServer(ip)],
          ['FORWARD', ...toApiServer(ip)],
        ]);
      }
    },
    async open() {
      for (const { node, rule } of dropped.splice(0)) {
        await iptables(node, '--delete', ...rule, '--jump', 'DROP');
      }
    },
  };
}

const onNode = (node: string, home: string): object => {
  const container = {
    name: 'node',
    image: images.auth(),
    command: idle,
    securityContext: { privileged: true, runAsUser: 0 },
    volumeMounts: [{ name: 'host', mountPath: '/host' }],
  };
  return pod(node, home, {}, idle, {
    nodeName: node,
    hostNetwork: true,
    securityContext: {},
    tolerations: [{ operator: 'Exists' }],
    containers: [container],
    volumes: [{ name: 'host', hostPath: { path: '/' } }],
  });
};
