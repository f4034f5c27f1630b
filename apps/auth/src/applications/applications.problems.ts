import { Problem } from '#common';

export const applicationNotFound = new Problem(404, 'application_not_found', 'Application not found');
export const clientIdTaken = new Problem(409, 'client_id_taken', 'An application with this client id already exists');
export const applicationDeclared = new Problem(
  409,
  'application_declared',
  'The application is declared in a file; change it there',
);
export const applicationsFull = new Problem(
  403,
  'applications_full',
  'There are as many applications as can be managed; ask an admin',
  'access_denied',
);
export const secretNotUsed = new Problem(
  409,
  'secret_not_used',
  'Applications of this kind, or with public keys, have no secret',
);
