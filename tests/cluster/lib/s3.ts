import { randomBytes } from 'node:crypto';
import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { selfSigned } from '../../../tools/lib/certificate.ts';
import { images, type Shape } from './environment.ts';
import { pod } from './traffic.ts';

const port = 8443;

/**
 * Starts a real S3 server in a namespace of its own.
 * @returns what an environment needs to keep its second repository there
 */
export async function startS3(namespace: string) {
  const host = `s3.${namespace}.svc`;
  const { certificate, key } = await selfSigned([host]);
  const [accessKey, secretKey, passphrase] = [10, 20, 32].map((bytes) => randomBytes(bytes).toString('hex'));

  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's3', namespace },
    stringData: { 'tls.crt': certificate, 'tls.key': key, accessKey, secretKey },
  });
  await apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's3', namespace },
    spec: { selector: { app: 's3' }, ports: [{ port: 443, targetPort: port }] },
  });
  const fromSecret = (name: string, secretKeyName: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: 's3', key: secretKeyName } },
  });
  const container = {
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '512Mi' } },
  };
  const data = { name: 'data', mountPath: '/data' };
  await apply(
    pod('s3', namespace, { app: 's3' }, [], {
      initContainers: [
        {
          ...container,
          name: 'bucket',
          image: images.auth(),
          command: ['node', '-e', "['store/backups','meta'].forEach(p=>fs.mkdirSync('/data/'+p,{recursive:true}))"],
          volumeMounts: [data],
        },
      ],
      containers: [
        {
          ...container,
          name: 's3',
          image: images.s3(),
          args: [
            ...['--port', `:${port}`, '--cert', '/tls/tls.crt', '--key', '/tls/tls.key', '--quiet'],
            ...['posix', '--sidecar', '/data/meta', '/data/store'],
          ],
          env: [fromSecret('ROOT_ACCESS_KEY', 'accessKey'), fromSecret('ROOT_SECRET_KEY', 'secretKey')],
          readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
          volumeMounts: [data, { name: 'tls', mountPath: '/tls', readOnly: true }],
        },
      ],
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'tls', secret: { secretName: 's3' } },
      ],
    }),
  );
  await until(
    'S3 server ready',
    300,
    async () =>
      (await kubectl(['get', 'pod', 's3', '-n', namespace, '-o', 'jsonpath={.status.containerStatuses[0].ready}'])) ===
      'true',
  );

  const egress = {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        podSelector: { matchLabels: { app: 's3' } },
      },
    ],
    ports: [{ port, protocol: 'TCP' }],
  };
  const policy = (name: string) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `${name}-s3` },
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
      policyTypes: ['Egress'],
      egress: [egress],
    },
  });
  const settings = {
    ...{ type: 's3', path: '/drill', 's3-endpoint': host, 's3-bucket': 'backups', 's3-region': 'us-east-1' },
    ...{ 's3-uri-style': 'path', 'storage-ca-file': '/etc/pgbackrest/conf.d/ca.crt', 'cipher-type': 'aes-256-cbc' },
    ...{ 'retention-full-type': 'time', 'retention-full': '30', bundle: 'y' },
  };
  const conf = (values: Record<string, string | undefined>) =>
    ['[global]', ...Object.entries(values).map(([name, value]) => `repo2-${name}=${value ?? ''}`), ''].join('\n');
  const shape: Pick<Shape, 'components' | 'patches'> = {
    components: ['s3-backup'],
    patches: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'pgbackrest-s3-config' },
        data: { 's3.conf': conf(settings) },
      },
    ],
  };
  return {
    shape,
    /** Creates the Secret with the credentials. The environment's namespace must exist. */
    async grant(environment: string): Promise<void> {
      await apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pgbackrest-s3', namespace: environment },
        stringData: {
          's3-credentials.conf': conf({ 's3-key': accessKey, 's3-key-secret': secretKey, 'cipher-pass': passphrase }),
          'ca.crt': certificate,
        },
      });
    },
    /** Allows egress to the server, as an overlay does by the store's IP address. */
    async admit(environment: string): Promise<void> {
      for (const name of ['postgres', 'postgres-maintenance', 'postgres-repository']) {
        await apply(policy(name), ['--namespace', environment]);
      }
    },
  };
}
