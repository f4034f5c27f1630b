import { z } from 'zod';

/** Whether both RFC 3339 and PostgreSQL can represent the year. */
const isWritable = (time: string) => {
  const year = new Date(time).getUTCFullYear();
  return year >= 1 && year <= 9999;
};

/** Validates an RFC 3339 timestamp and converts it to UTC with milliseconds. */
export const instant = z.iso
  .datetime({ offset: true })
  .refine(isWritable, 'must be in the years 1 to 9999')
  .transform((time) => new Date(time).toISOString());
