import { Problem } from '#common';

export const mailDisabled = new Problem(503, 'mail_off', 'This requires a mail server, and none is configured');
export const mailNotFound = new Problem(404, 'mail_not_found', 'Mail not found');
export const mailLinkExpired = new Problem(409, 'mail_link_expired', 'The link in the mail has expired');
export const mailInDelivery = new Problem(409, 'mail_in_delivery', 'The mail is sent, or is being sent now');
