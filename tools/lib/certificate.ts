import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

/** A self-signed certificate for these host names and IP addresses, valid for two days, and its private key, both as PEM. */
export async function selfSigned(hosts: string[]): Promise<{ certificate: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const file = (name: string) => join(folder, name);
  try {
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'],
      ...[
        '-subj',
        `/CN=${hosts[0]}`,
        '-addext',
        `subjectAltName=${hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`).join()}`,
      ],
      ...['-keyout', file('tls.key'), '-out', file('tls.crt')],
    ]);
    return { certificate: readFileSync(file('tls.crt'), 'utf8'), key: readFileSync(file('tls.key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
