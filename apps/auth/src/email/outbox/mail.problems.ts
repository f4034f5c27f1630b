import { Problem } from '#common';

export const mailDisabled = new Problem(503, 'mail_off', 'No mail server is configured, and this needs one');
