import type { Child } from 'hono/jsx';
import { nameOf } from '../kit/index.ts';

/** A part of the account, with a way to change it. */
export const Section = ({ title, action, children }: { title: string; action?: Child; children?: Child }) => (
  <section>
    <div class="row">
      <h2>{title}</h2>
      {action}
    </div>
    {children}
  </section>
);

/**
 * A link that looks like a button.
 * @param of what it is about, in a list of several
 */
export const Action = ({ href, label, of }: { href: string; label: string; of?: string }) => (
  <a class="button plain" href={href} aria-label={nameOf(label, of)}>
    {label}
  </a>
);
