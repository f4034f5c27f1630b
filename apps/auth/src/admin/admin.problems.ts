import { Problem } from '#common';

export const accountNotFound = new Problem(404, 'account_not_found', 'There is no such account');
export const lastAdmin = new Problem(409, 'last_admin', 'No other admin could sign in any more');
