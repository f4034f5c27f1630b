import { randomBytes } from 'node:crypto';
import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { selfSigned } from './certificate.ts';
import { images } from './environment.ts';

const host = (namespace: string) => `postgres.${namespace}.svc`;

/** The credentials that two regions share. */
export async function regionSecrets(databases: string[]) {
  const { certificate, key } = await selfSigned(databases.map(host));
  const [password, replication] = [32, 32].map((bytes) => randomBytes(bytes).toString('hex'));
  const keyEncryptionKey = randomBytes(32).toString('base64');
  return {
    /** Creates the Secrets of a region and its database. Both namespaces must exist. */
    async give(region: string, database: string): Promise<void> {
      const secret = (name: string, namespace: string, stringData: object) =>
        apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData });
      const options = 'sslmode=verify-full&sslrootcert=/etc/auth/secrets/ca.crt';
      await secret('auth', region, {
        'database-url': `postgresql://auth:${password}@${host(database)}:5432/auth?${options}`,
        'key-encryption-keys': keyEncryptionKey,
        'ca.crt': certificate,
      });
      await secret('database', database, { 'tls.crt': certificate, 'tls.key': key, password, replication });
    },
    /** A patch that allows egress to the database, as an overlay does by the database's IP address. */
    egress(database: string): object {
      const value = [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': database } } }],
          ports: [{ port: 5432, protocol: 'TCP' }],
        },
      ];
      return {
        target: { kind: 'NetworkPolicy', name: 'auth|auth-migrate' },
        patch: JSON.stringify([{ op: 'replace', path: '/spec/egress', value }]),
      };
    },
  };
}

/** Stands in for a managed database: a primary, or a replica of another server. Only local connections may be superuser. */
const script = `
cp /etc/database/tls.key /tmp/tls.key
chmod 600 /tmp/tls.key
printf '%s\\n' 'local all postgres peer' 'hostssl auth auth all scram-sha-256' 'hostssl replication replica all scram-sha-256' >/tmp/pg_hba.conf
settings="-c config_file=/etc/postgresql/postgresql.conf -c hba_file=/tmp/pg_hba.conf -c ssl_cert_file=/etc/database/tls.crt -c ssl_key_file=/tmp/tls.key"
if [ -n "$1" ]; then
  PGPASSWORD="$(cat /etc/database/replication)" pg_basebackup --pgdata "$PGDATA" --write-recovery-conf --checkpoint=fast \\
    --dbname "host=$1 user=replica sslmode=verify-full sslrootcert=/etc/database/tls.crt"
else
  initdb --pgdata "$PGDATA" --username postgres --auth-local peer --auth-host reject --data-checksums --encoding UTF8 --locale C.UTF-8
  pg_ctl start --wait --silent --options "$settings -c listen_addresses="
  psql --host /run/postgresql --username postgres --dbname postgres --quiet --set ON_ERROR_STOP=1 <<'SQL'
\\set password \`cat /etc/database/password\`
\\set replication \`cat /etc/database/replication\`
CREATE ROLE auth LOGIN PASSWORD :'password';
CREATE DATABASE auth OWNER auth;
CREATE ROLE replica LOGIN REPLICATION PASSWORD :'replication';
SQL
  pg_ctl stop --wait --mode fast --silent
fi
exec postgres -D "$PGDATA" $settings
`;

/**
 * Starts a region's PostgreSQL outside of the platform.
 * @param primary namespace of the server to replicate; without it, the server is a primary
 */
export async function startDatabase(namespace: string, primary?: string): Promise<void> {
  await apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'postgres', namespace },
    spec: { selector: { app: 'postgres' }, ports: [{ port: 5432 }] },
  });
  const volumes = [
    { name: 'data', emptyDir: {}, mountPath: '/var/lib/postgresql/data' },
    { name: 'run', emptyDir: {}, mountPath: '/run/postgresql' },
    { name: 'tmp', emptyDir: {}, mountPath: '/tmp' },
    { name: 'database', secret: { secretName: 'database', defaultMode: 0o440 }, mountPath: '/etc/database' },
  ];
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'postgres-0', namespace, labels: { app: 'postgres' } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10002, runAsGroup: 10002, fsGroup: 10002 },
      containers: [
        {
          name: 'postgres',
          image: images.postgres(),
          command: ['bash', '-euc', script, 'database', primary === undefined ? '' : host(primary)],
          readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
          volumeMounts: volumes.map(({ name, mountPath }) => ({ name, mountPath })),
        },
      ],
      volumes: volumes.map(({ mountPath: _, ...volume }) => volume),
    },
  });
  const path = 'jsonpath={.status.containerStatuses[0].ready}';
  const ready = () => kubectl(['get', 'pod', 'postgres-0', '-n', namespace, '-o', path]);
  await until(`the database in ${namespace}`, 300, async () => (await ready()) === 'true');
}
