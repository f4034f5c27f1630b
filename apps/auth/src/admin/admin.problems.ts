import { callerProblems, Problem, problems } from '#common';
import { adminRequired } from '../accounts/index.ts';

export const accountNotFound = new Problem(404, 'account_not_found', 'Account not found');

/** The problems of every route for admins. */
export const adminProblems = [...callerProblems, problems.roleRequired];

/** The problems of every route for admins and for programs with the scope `accounts:read`. */
export const readerProblems = [...adminProblems, problems.scopeRequired];

/** The problems of every route for admins and for programs with the scope `accounts:write`. */
export const writerProblems = [...readerProblems, adminRequired];
