import { useFormats } from '../language.ts';

/** A moment in the browser's time zone; a dash if there was none. */
export function Moment({ at }: { at: string | null | undefined }) {
  const { moment } = useFormats();
  return at ? <time dateTime={at}>{moment(at)}</time> : <>–</>;
}
