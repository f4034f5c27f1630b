import { Anchor } from '@mantine/core';

/** A URL from data: a link if it leads to the web, otherwise text. */
export function WebLink({ url }: { url: string }) {
  return isWeb(url) ? (
    <Anchor href={url} target="_blank" rel="noopener noreferrer" className="wrap">
      {url}
    </Anchor>
  ) : (
    url
  );
}

const isWeb = (url: string) => URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol);
