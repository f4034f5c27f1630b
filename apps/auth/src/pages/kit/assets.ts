import { hash } from 'node:crypto';
import { lightened, minContrast, type Logo } from '../../config/index.ts';
import { passkeysScript } from './passkeys-script.ts';
import { style } from './style.ts';

/** What pages load from this service. The name contains a hash of the content, so browsers may keep it for good. */
export interface Asset {
  url: string;
  type: string;
  content: string | Buffer;
}

function asset(name: string, extension: string, type: string, content: string | Buffer): Asset {
  const digest = hash('sha256', content, 'base64url').slice(0, 12);
  return { url: `/assets/${name}-${digest}.${extension}`, type, content };
}

const styleAsset = asset('style', 'css', 'text/css; charset=utf-8', style);
const passkeysAsset = asset('passkeys', 'js', 'text/javascript; charset=utf-8', passkeysScript);

export const fixedAssets = [styleAsset, passkeysAsset];
export const styleUrl = styleAsset.url;
export const passkeysUrl = passkeysAsset.url;

/** An operator's logo. */
export const logoAsset = ({ type, content }: Logo): Asset =>
  asset('logo', type === 'image/png' ? 'png' : 'svg', type, content);

const darkCard = '#1b2027';
/** Least contrast of a button, whose text is white, on the dark card. */
const buttonContrast = 1.8;

/** The style sheet of a colour. Its name says all of its content, so that it needs no store. */
export const colorUrl = (color: string): string => `/assets/color-${color.slice(1)}.css`;

/** The style sheet at a URL of {@link colorUrl}; undefined at any other. */
export function colorStyle(url: string): string | undefined {
  const [, digits] = /^\/assets\/color-([0-9a-f]{6})\.css$/.exec(url) ?? [];
  if (digits === undefined) {
    return undefined;
  }
  const color = `#${digits}`;
  const [button, link] = [buttonContrast, minContrast].map((least) => lightened(color, darkCard, least));
  return `:root { --accent: light-dark(${color}, ${String(button)}); --link: light-dark(${color}, ${String(link)}); }`;
}
