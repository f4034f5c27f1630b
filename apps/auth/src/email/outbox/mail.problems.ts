import { Problem } from '#common';

export const mailDisabled = new Problem(503, 'mail_off', 'This requires a mail server, and none is configured');
