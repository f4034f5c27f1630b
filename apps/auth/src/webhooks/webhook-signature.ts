import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const secretBytes = 32;

/** A new key for signatures: 256 random bits. */
export const newSigningSecret = (): Buffer => randomBytes(secretBytes);

/** A secret as receivers configure it. */
export const encodeSecret = (secret: Buffer): string => prefix + secret.toString('base64');

/** What is signed. */
interface Message {
  /** The same at each attempt. */
  id: string;
  /** The time of the attempt, in seconds since 1970. */
  timestamp: number;
  payload: string;
}

/**
 * The headers of a message (Standard Webhooks 1.0.0).
 * @param secrets the current one, and during a rotation also the previous one: a receiver accepts either signature
 */
export function signatureHeaders({ id, timestamp, payload }: Message, secrets: Buffer[]): Record<string, string> {
  const signed = `${id}.${String(timestamp)}.${payload}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
