import { useState } from 'react';

/**
 * Applies the styles that a mail's elements carry. The console's policy, which the frame inherits, rules out styles in markup, but not those
 * that a script of the console sets.
 */
function applyStyles({ contentDocument }: HTMLIFrameElement): number {
  if (!contentDocument) {
    return 0;
  }
  for (const element of contentDocument.querySelectorAll<HTMLElement>('[style]')) {
    element.style.cssText = element.getAttribute('style') ?? '';
  }
  return contentDocument.documentElement.scrollHeight;
}

const shortest = 160;

/**
 * A mail in a frame of its own, where it can run nothing, submit nothing and lead nowhere: of what a sandbox takes away it gets back only
 * its origin, so that the console can style it.
 */
export function MailFrame({ title, html }: { title: string; html: string }) {
  const [height, setHeight] = useState(shortest);
  return (
    <iframe
      key={html}
      className="mail"
      title={title}
      sandbox="allow-same-origin"
      srcDoc={html}
      height={height}
      onLoad={({ currentTarget }) => {
        setHeight(Math.max(shortest, applyStyles(currentTarget)));
      }}
    />
  );
}
