import { Problem } from '#common';

export const lastLoginMethod = new Problem(409, 'last_login_method', 'It is the last way to log in to the account');
