import { X509Certificate, createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/lib/root.ts';
import { label, type Manifest } from './manifests.ts';

interface SealedSecret extends Manifest {
  spec: { encryptedData: Record<string, string> };
}

/**
 * Checks an overlay's SealedSecrets against the certificate that is committed beside them. Each must name that certificate, and
 * each value must begin with a session key of its key's length. Only the controller can decrypt the values. Returns the
 * problems.
 */
export function checkSealed(overlay: string, manifests: Manifest[]): string[] {
  const sealed = manifests.filter((manifest): manifest is SealedSecret => manifest.kind === 'SealedSecret');
  if (sealed.length === 0) {
    return ['no SealedSecret found'];
  }
  const path = join(root, overlay, 'sealed-secrets', 'certificate.pem');
  if (!existsSync(path)) {
    return ['sealed-secrets/certificate.pem is missing'];
  }
  const certificate = new X509Certificate(readFileSync(path));
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  const keyBytes = (certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  return sealed.flatMap((manifest) => [
    ...(manifest.metadata.annotations?.['devopslocally/sealed-for'] === fingerprint
      ? []
      : [`${label(manifest)} is sealed for another certificate`]),
    ...Object.entries(manifest.spec.encryptedData)
      .filter(([, value]) => Buffer.from(value, 'base64').readUInt16BE(0) !== keyBytes)
      .map(([name]) => `${label(manifest)}: ${name} is not sealed with this certificate's key`),
  ]);
}
