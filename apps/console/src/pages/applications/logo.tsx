import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

/** The logo of an application, from a `data:` URL. */
export function Logo({ url }: { url: string }) {
  const t = useTexts(texts);
  return <img src={url} alt={t.logo} height={32} />;
}
