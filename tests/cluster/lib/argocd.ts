import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { freePort } from '../../../tools/lib/free-port.ts';
import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { buildWith } from '../../../tools/lib/kustomize.ts';
import { until } from '../../../tools/lib/until.ts';
import { parse } from './manifests.ts';

/** Starts a proxy (RFC 9110 §9.3.6) that takes every host to this IP address, as public DNS would. */
async function startTunnel(ip: string): Promise<{ url: string; close: () => void }> {
  const server = createServer().on('connect', (_request, client, head: Buffer) => {
    const tunnel = connect(443, ip, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.write(head);
      tunnel.pipe(client).pipe(tunnel);
    });
    tunnel.once('error', () => client.destroy());
    client.once('error', () => tunnel.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}

/**
 * Runs Argo CD's server on this machine, with the configuration of k8s/argocd/single-sign-on in a namespace. The cluster must have Argo
 * CD's custom resources.
 * @param ip of the gateway in front of the auth service
 * @param ca what the server trusts, as PEM
 */
export async function startArgoCd(namespace: string, ip: string, ca: string) {
  const manifests = parse(
    await buildWith((path) => ({ resources: [path('k8s/argocd/single-sign-on')], namespace })),
  ) as unknown as { metadata: object; data: Record<string, string> }[];
  for (const { data } of manifests) {
    if (data['oidc.config']) {
      data['oidc.config'] += `rootCA: ${JSON.stringify(ca)}\n`;
    }
  }
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await apply({
    apiVersion: 'v1',
    kind: 'List',
    items: [...manifests, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argocd-secret', namespace, labels } }],
  });
  const api = await kubectl(['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}']);
  const [tunnel, port, metricsPort] = [await startTunnel(ip), await freePort(), await freePort()];
  const options = { port, 'metrics-port': metricsPort, address: '127.0.0.1', namespace, redis: '127.0.0.1:9' };
  const child = spawn(
    'argocd',
    ['--insecure', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)],
    {
      env: {
        ...process.env,
        ARGOCD_BINARY_NAME: 'argocd-server',
        HTTPS_PROXY: tunnel.url,
        NO_PROXY: `127.0.0.1,${new URL(api).hostname}`,
      },
      stdio: 'ignore',
    },
  );
  const close = async () => {
    child.kill();
    tunnel.close();
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until('Argo CD', 300, async () => (await fetch(`${url}/api/v1/settings`)).ok);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}
