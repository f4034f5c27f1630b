import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const wasm = fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'));

/** Reads the QR code in a picture, as the camera of a phone does. */
export async function readQrCode(png: Uint8Array): Promise<string> {
  const bytes = await readFile(wasm);
  await prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(bytes).buffer }, fireImmediately: true });
  const [code] = await readBarcodes(png, { formats: ['QRCode'] });
  return code?.text ?? '';
}
