import { Anchor } from '@mantine/core';

/** A URL from data: a link only if it leads to the web. */
export function WebLink({ url }: { url: string | null }) {
  if (url === null) {
    return <>–</>;
  }
  const protocol = URL.parse(url)?.protocol;
  return protocol === 'https:' || protocol === 'http:' ? (
    <Anchor href={url} target="_blank" rel="noopener noreferrer" className="wrap">
      {url}
    </Anchor>
  ) : (
    <>{url}</>
  );
}
