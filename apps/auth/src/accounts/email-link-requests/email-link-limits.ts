import { emailKey, ipKey, type RateLimit } from '../../rate-limits/index.ts';

const ipBurst = 20;
const accountBurst = 5;

/** The limits of a request that sends mail for somebody who is not logged in: no mailbox, known or not, is flooded. */
export function emailLinkLimits(purpose: string, email: string, ipAddress: string): RateLimit[] {
  return [
    { key: `${purpose}:address:${ipKey(ipAddress)}`, burst: ipBurst },
    { key: `${purpose}:account:${emailKey(email)}`, burst: accountBurst },
  ];
}
