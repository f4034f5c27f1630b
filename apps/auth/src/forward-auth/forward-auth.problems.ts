import { Problem } from '#common';

export const forwardedRequestInvalid = new Problem(
  400,
  'forwarded_request_invalid',
  'The headers of the gateway do not describe a request for this host',
);
