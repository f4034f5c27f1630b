import type { StoredMail } from './mail.repository.ts';
import { renderMail, type RenderedMail } from './render-mail.ts';

/** A rendered mail with its recipient. */
export interface OutgoingMail extends RenderedMail {
  id: string;
  /** The recipient's e-mail address. */
  to: string;
  /** Attempts to send it, the current one included. */
  attempts: number;
}

/** Renders a stored mail, or the one that is sent instead, in its language. */
export function outgoingMail({ id, recipient, attempts, variables, instead, ...stored }: StoredMail): OutgoingMail {
  const { to, template, locale } = instead ?? { to: recipient, ...stored };
  return { id, to, attempts, ...renderMail(template, locale, variables) };
}
