// TLS, redirect and routing through the cluster's ingress controller. The certificate is replaced under traffic.
// INGRESS_ADDRESS: IP address of the controller, on ports 80 and 443.  INGRESS_NAMESPACE: namespace of its pods.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { type RequestOptions, get as getSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TLSSocket } from 'node:tls';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply } from '../../tools/lib/kubectl.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { deploy } from './lib/environment.ts';
import { admitGateway, ingressController } from './lib/ingress-controller.ts';

const host = 'auth.example.com';

interface Answer {
  status: number;
  location: string;
  type: string;
  serial: string;
}

await drill('ingress', async ({ own, after, log, table, check }) => {
  const { ip, controller } = ingressController();
  const namespace = await own('drill-ingress');
  const folder = mkdtempSync(join(tmpdir(), 'ingress-'));
  after(async () => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-noenc',
    '-days',
    '2',
    '-subj',
    '/CN=drill',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  const ca = readFileSync(path('ca.crt'), 'utf8');

  async function certify(serial: string): Promise<void> {
    await openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-noenc',
      '-subj',
      `/CN=${host}`,
      '-addext',
      `subjectAltName=DNS:${host}`,
      '-keyout',
      'tls.key',
      '-out',
      'tls.csr',
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      'tls.csr',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-set_serial',
      `0x${serial}`,
      '-days',
      '1',
      '-copy_extensions',
      'copy',
      '-out',
      'tls.crt',
    );
    const data = Object.fromEntries(
      ['tls.crt', 'tls.key'].map((name) => [name, readFileSync(path(name)).toString('base64')]),
    );
    await apply({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'auth-tls', namespace },
      data,
    });
  }

  function request(secure: boolean, target: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options: RequestOptions = {
        host: ip,
        path: target,
        headers: { host },
        servername: host,
        ca,
        agent: false,
        timeout: 30_000,
      };
      const sent = (secure ? getSecure : getPlain)(options, (response) => {
        const serial = secure ? (response.socket as TLSSocket).getPeerCertificate().serialNumber : '';
        response.resume().once('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? '',
            type: response.headers['content-type'] ?? '',
            serial,
          });
        });
      });
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer within 30 s')));
    });
  }

  await deploy({ namespace, components: ['ingress'] });
  await admitGateway(controller, after);
  await certify('A1');
  await until('route', 300, async () => (await request(true, '/.well-known/jwks.json')).status === 200);

  const expectations: [string, boolean, string, (answer: Answer) => boolean][] = [
    [
      'keys are served over TLS',
      true,
      '/.well-known/jwks.json',
      ({ status, serial }) => status === 200 && serial === 'A1',
    ],
    [
      'the API is served over TLS',
      true,
      '/auth/me',
      ({ status, type }) => status === 401 && type.startsWith('application/problem+json'),
    ],
    [
      'health is not public',
      true,
      '/health/ready',
      ({ status, type }) => status === 404 && !type.startsWith('application/problem+json'),
    ],
    [
      'API docs are not public',
      true,
      '/docs',
      ({ status, type }) => status === 404 && !type.startsWith('application/problem+json'),
    ],
    [
      'metrics are not public',
      true,
      '/metrics',
      ({ status, type }) => status === 404 && !type.startsWith('application/problem+json'),
    ],
    [
      'HTTP redirects to HTTPS',
      false,
      '/auth/me',
      ({ status, location }) =>
        [301, 308].includes(status) && location.startsWith(`https://${host}`) && location.endsWith('/auth/me'),
    ],
  ];
  const rows: Row[] = [];
  for (const [claim, secure, target, holds] of expectations) {
    const answer = await request(secure, target);
    rows.push({
      claim,
      request: `${secure ? 'https' : 'http'}://${host}${target}`,
      status: answer.status,
      location: answer.location || '-',
      holds: holds(answer) ? 'yes' : 'NO',
    });
  }
  table(rows);
  check(
    'TLS, routes and redirect are as specified',
    rows.every((row) => row['holds'] === 'yes'),
  );

  const serials: string[] = [];
  let failed = 0;
  let replaced = 0;
  let seen = 0;
  const isOver = () => (seen > 0 && Date.now() > seen + 2000) || (replaced > 0 && Date.now() > replaced + 300_000);
  await Promise.all([
    sleep(4000).then(async () => {
      await certify('B2');
      replaced = Date.now();
      log('replaced the certificate');
    }),
    (async () => {
      while (!isOver()) {
        const serial = await request(true, '/.well-known/jwks.json').then(
          (answer) => (answer.status === 200 ? answer.serial : ''),
          () => '',
        );
        if (!serial) {
          failed += 1;
        }
        if (serial === 'B2' && !seen) {
          seen = Date.now();
        }
        serials.push(serial);
        await sleep(20);
      }
    })(),
  ]);
  table([
    {
      requests: serials.length,
      failed,
      'old certificate': serials.filter((serial) => serial === 'A1').length,
      'new certificate': serials.filter((serial) => serial === 'B2').length,
      'new certificate served after s': seen ? ((seen - replaced) / 1000).toFixed(2) : 'never',
    },
  ]);
  check(
    'the certificate changes without a failed request',
    failed === 0 && serials.at(-1) === 'B2' && serials[0] === 'A1',
  );
});
