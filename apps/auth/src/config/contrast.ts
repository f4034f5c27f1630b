/** The least contrast of text and its ground (WCAG 2.2 §1.4.3). */
export const minContrast = 4.5;

/**
 * The contrast ratio of two colours (WCAG 2.2), from 1 to 21.
 * @param first such as `#1d4ed8`
 */
export function contrast(first: string, second: string): number {
  const [darker = 0, lighter = 0] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/**
 * The colour, mixed with as little white as gives it a contrast on a dark ground.
 * @param color such as `#1d4ed8`
 */
export function lightened(color: string, ground: string, least: number): string {
  const shades = Array.from({ length: 21 }, (_, step) => mixedWithWhite(color, step / 20));
  return shades.find((shade) => contrast(shade, ground) >= least) ?? '#ffffff';
}

const channels = (color: string) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color)
    .map((channel) => channel / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixedWithWhite(color: string, share: number): string {
  const mixed = channels(color).map((channel) => Math.round(channel + (255 - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
