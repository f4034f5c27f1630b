import { callerProblems, Problem, problems } from '#common';

export const accountNotFound = new Problem(404, 'account_not_found', 'Account not found');

/** The problems of every route for admins. */
export const adminProblems = [...callerProblems, problems.roleRequired];
