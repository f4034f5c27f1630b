import { renderMail, type RenderedMail } from '../templates/index.ts';
import type { StoredMail } from './mail.repository.ts';

/** A rendered mail with its recipient. */
export interface OutgoingMail extends RenderedMail {
  id: string;
  /** The recipient's e-mail address. */
  to: string;
  /** Attempts to send it, the current one included. */
  attempts: number;
}

/** Renders a stored mail in its language. */
export function outgoingMail({ id, recipient, attempts, template, locale, variables }: StoredMail): OutgoingMail {
  return { id, to: recipient, attempts, ...renderMail(template, locale, variables) };
}
