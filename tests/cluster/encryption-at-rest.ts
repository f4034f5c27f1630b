// Creates a Secret and reads its raw value from etcd.  ETCD_URL, ETCD_CACERT, ETCD_CERT, ETCD_KEY: etcd's URL and, for TLS, files
// with its certificate authority and the client's certificate and key.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as overTcp } from 'node:http';
import { request as overTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { drill } from '../../tools/lib/drill.ts';
import { apply } from '../../tools/lib/kubectl.ts';

const file = (name: string) => (process.env[name] ? readFileSync(process.env[name]) : undefined);

/** Reads the raw value of a key through etcd's JSON gateway. */
async function raw(url: string, key: string): Promise<Buffer> {
  const tls = { ca: file('ETCD_CACERT'), cert: file('ETCD_CERT'), key: file('ETCD_KEY') };
  const body = JSON.stringify({ key: Buffer.from(key).toString('base64') });
  const answer = await new Promise<string>((resolve, reject) => {
    const request = url.startsWith('https:') ? overTls : overTcp;
    request(new URL('/v3/kv/range', url), { method: 'POST', timeout: 10_000, ...tls }, (response) => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end(body);
  });
  const { kvs = [] } = JSON.parse(answer) as { kvs?: { value: string }[] };
  return Buffer.from(kvs[0]?.value ?? '', 'base64');
}

await drill('encryption-at-rest', async ({ own, log, check }) => {
  const url = process.env['ETCD_URL'];
  if (!url) {
    throw new Error('ETCD_URL is not set: the drill has to read etcd directly');
  }
  const namespace = await own('drill-encryption');
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const value = randomBytes(16).toString('hex');
  const metadata = { name: 'secret', namespace };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { value } });
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } });
  const secret = await raw(url, `/registry/secrets/${namespace}/secret`);
  const control = await raw(url, `/registry/configmaps/${namespace}/secret`);
  log(
    `etcd holds ${secret.length} bytes that begin with ${secret.toString('latin1', 0, 32).replaceAll(/[^ -~]/g, '.')}`,
  );
  check('control: the value of a ConfigMap is readable in this etcd', control.includes(value));
  check('the Secret exists, and its value is not readable', secret.length > 0 && !secret.includes(value));
  check('the Secret is marked as encrypted', secret.toString('latin1', 0, 8) === 'k8s:enc:');
});
