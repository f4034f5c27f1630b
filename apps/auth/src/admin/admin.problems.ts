import { Problem } from '#common';

export const accountNotFound = new Problem(404, 'account_not_found', 'Account not found');
export const lastAdmin = new Problem(409, 'last_admin', 'At least one active admin must remain');
