// What cert-manager creates for an HTTP-01 challenge, as pkg/issuer/acme/http of v1.21.1 does.
import { build } from '../../../tools/lib/kustomize.ts';
import { type Manifest, parse } from './manifests.ts';

interface Solver {
  serviceType?: string;
  podTemplate?: { spec?: { securityContext?: object } };
}

interface Issuer extends Manifest {
  spec: {
    acme: {
      solvers: {
        selector?: { matchLabels: Record<string, string> };
        http01: { ingress?: Solver; gatewayHTTPRoute?: Solver & { parentRefs: { name: string }[] } };
      }[];
    };
  };
}

export const solverImage = 'quay.io/jetstack/cert-manager-acmesolver:v1.21.1';
const port = 8089;
const host = 'auth.example.com';
const token = 'hnqqHCZJMqMLpMZP2lkFqG4a2mJgqk2ZzBnWj3Q1zEw';

/**
 * The objects with which the issuer of k8s/platform has challenges solved: pod, Service and route of each of its solvers.
 * @param namespace where they would be created
 */
export async function solverObjects(namespace: string): Promise<Manifest[]> {
  return (await solvers()).flatMap(({ http01: { ingress, gatewayHTTPRoute: gateway } }) => [
    ...(ingress ? objects('ingress', ingress, namespace) : []),
    ...(gateway ? objects(`gateway-${gateway.parentRefs[0]?.name ?? ''}`, gateway, namespace, gateway.parentRefs) : []),
  ]);
}

/** The Gateways through which cert-manager would solve challenges of these Certificates, and which are not among the manifests. */
export async function missingGateways(manifests: Manifest[]): Promise<string[]> {
  const known = await solvers();
  const named = manifests
    .filter(({ kind }) => kind === 'Certificate')
    .flatMap(({ metadata: { labels = {} } }) => {
      const isSelected = ({ selector }: (typeof known)[number]) =>
        selector && Object.entries(selector.matchLabels).every(([name, value]) => labels[name] === value);
      const solver = known.find(isSelected) ?? known.find(({ selector }) => !selector);
      return (solver?.http01.gatewayHTTPRoute?.parentRefs ?? []).map(({ name }) => name);
    });
  const gateways = new Set(manifests.filter(({ kind }) => kind === 'Gateway').map(({ metadata: { name } }) => name));
  return named.filter((name) => !gateways.has(name));
}

async function solvers(): Promise<Issuer['spec']['acme']['solvers']> {
  const issuer = parse(await build('k8s/platform')).find((object): object is Issuer => object.kind === 'ClusterIssuer');
  return issuer?.spec.acme.solvers ?? [];
}

function objects(by: string, solver: Solver, namespace: string, parentRefs?: object[]): Manifest[] {
  const labels = {
    'acme.cert-manager.io/http-domain': '1234567890',
    'acme.cert-manager.io/http-token': '987654321',
    'acme.cert-manager.io/http01-solver': 'true',
  };
  const name = `cm-acme-http-solver-${by}`;
  const path = `/.well-known/acme-challenge/${token}`;
  const metadata = { name, namespace, labels };
  const route = parentRefs
    ? {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata,
        spec: {
          parentRefs,
          hostnames: [host],
          rules: [
            {
              matches: [{ path: { type: 'Exact', value: path } }],
              backendRefs: [{ group: '', kind: 'Service', name, namespace, port, weight: 1 }],
            },
          ],
        },
      }
    : {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: {
          ...metadata,
          annotations: { 'nginx.ingress.kubernetes.io/whitelist-source-range': '0.0.0.0/0,::/0' },
        },
        spec: {
          rules: [
            {
              host,
              http: {
                paths: [{ path, pathType: 'Exact', backend: { service: { name, port: { number: port } } } }],
              },
            },
          ],
        },
      };
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: {
          'sidecar.istio.io/inject': 'false',
          'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true',
        },
      },
      spec: {
        automountServiceAccountToken: false,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        restartPolicy: 'OnFailure',
        enableServiceLinks: false,
        // the template's replaces the default as a whole
        securityContext: solver.podTemplate?.spec?.securityContext ?? {
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'acmesolver',
            image: solverImage,
            imagePullPolicy: 'IfNotPresent',
            args: [`--listen-port=${port}`, `--domain=${host}`, `--token=${token}`, `--key=${token}.thumbprint`],
            resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
            ports: [{ name: 'http', containerPort: port }],
            securityContext: {
              readOnlyRootFilesystem: true,
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, annotations: { 'auth.istio.io/8089': 'NONE' } },
      spec: {
        type: solver.serviceType ?? 'NodePort',
        ports: [{ name: 'http', port, targetPort: port }],
        selector: labels,
      },
    },
    route,
  ];
}
