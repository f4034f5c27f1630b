import { z } from 'zod';
import { adminProfileFields, email } from '../index.ts';
import { parseHash } from '../../passwords/index.ts';

const earliest = Date.parse('1970-01-01T00:00:00Z');
const clockSkewMs = 24 * 60 * 60 * 1000;

const instant = z.iso
  .datetime({ offset: true })
  // what PostgreSQL accepts
  .max(40)
  .regex(/(Z|[+-](0\d|1[0-5]):\d\d)$/, 'must have an offset of less than 16 hours')
  .refine(
    (text) => Date.parse(text) >= earliest && Date.parse(text) <= Date.now() + clockSkewMs,
    'must lie between 1970 and now',
  );

/** A line of an import or an export. */
const lineSchema = z.strictObject({
  id: z.uuid().optional(),
  email,
  email_verified_at: instant.nullish(),
  // null: the account has no password until its owner resets it
  password_hash: z.string().nullable(),
  roles: z
    .array(z.enum(['user', 'admin']))
    .min(1)
    .max(2)
    .default(['user']),
  created_at: instant.optional(),
  password_changed_at: instant.optional(),
  disabled_at: instant.nullish(),
  ...z.object(adminProfileFields).partial().shape,
  public_metadata: adminProfileFields.public_metadata.default(() => ({})),
  private_metadata: adminProfileFields.private_metadata.default(() => ({})),
});

/** An account as a line describes it. */
export type ImportedAccount = z.output<typeof lineSchema>;

/** The account of a line, or why the line is rejected. The reason repeats nothing of the line. */
export type ReadLine = { account: ImportedAccount } | { reason: string };

/**
 * Reads a line of JSON in UTF-8.
 * @param bytes undefined if the line is too long
 * @param maxMemoryKib memory that verifying the hash may take, in KiB
 */
export function readLine(bytes: Buffer | undefined, maxMemoryKib: number): ReadLine {
  if (!bytes) {
    return { reason: 'the line is too long' };
  }
  const { success, data: account, error } = lineSchema.safeParse(parseJson(bytes));
  if (!success) {
    return { reason: explain(error) };
  }
  if (account.password_hash === null) {
    return { account };
  }
  const hash = parseHash(account.password_hash);
  if (!hash) {
    return { reason: 'password_hash: unknown hash format' };
  }
  if (hash.memoryKib > maxMemoryKib || hash.slowness > 1) {
    return { reason: `password_hash: takes too much ${hash.slowness > 1 ? 'time' : 'memory'} to check` };
  }
  return { account: { ...account, password_hash: hash.text } };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function explain({ issues: [issue] }: z.ZodError): string {
  if (!issue || (issue.path.length === 0 && issue.code !== 'unrecognized_keys')) {
    return 'the line is not a JSON object in UTF-8';
  }
  return issue.code === 'unrecognized_keys'
    ? `has a field that is none of ${Object.keys(lineSchema.shape).join(', ')}`
    : `${issue.path.join('.')}: ${issue.message}`;
}
