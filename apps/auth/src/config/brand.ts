import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { z } from 'zod';
import { contrast, minContrast } from './contrast.ts';

const maxLogoBytes = 20 * 1024;
/** The darker of the two grounds of the light pages. */
const lightGround = '#f4f5f7';

/** A picture that pages show. */
export interface Logo {
  type: 'image/png' | 'image/svg+xml';
  content: Buffer;
}

/** A colour for buttons and links. It must be legible on the light pages, and with white text on it (WCAG 2.2 §1.4.3). */
export const brandColor = z
  .string()
  .regex(/^#[0-9a-f]{6}$/, 'must be a colour such as #1d4ed8')
  .refine((color) => contrast(color, lightGround) >= minContrast, {
    error: ({ input }) =>
      `must be darker: its contrast on ${lightGround} is ${contrast(String(input), lightGround).toFixed(2)}, and must be ${String(minContrast)} at least`,
    abort: true,
  });

/** The path of a logo, which becomes its content. */
export const logoFile = z.string().transform((path, context): Logo => {
  try {
    const type = typeOf(path);
    if (statSync(path).size > maxLogoBytes) {
      throw new Error(`must be ${String(maxLogoBytes)} bytes at most`);
    }
    return { type, content: readFileSync(path) };
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

function typeOf(path: string): Logo['type'] {
  switch (extname(path)) {
    case '.png':
      return 'image/png';
    case '.svg':
      return 'image/svg+xml';
    default:
      throw new Error('must be a .png or .svg file');
  }
}
