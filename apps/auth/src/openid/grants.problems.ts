import { Problem } from '#common';

export const consentNotFound = new Problem(404, 'consent_not_found', 'The application has no access to the account');
