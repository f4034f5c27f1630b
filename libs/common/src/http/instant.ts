import { z } from 'zod';

/** Years that both RFC 3339 and PostgreSQL can write. */
const isWritable = (time: string) => {
  const year = new Date(time).getUTCFullYear();
  return year >= 1 && year <= 9999;
};

/** A point in time as clients send it (RFC 3339), brought to UTC and milliseconds. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine(isWritable, 'must be in the years 1 to 9999')
  .transform((time) => new Date(time).toISOString());
