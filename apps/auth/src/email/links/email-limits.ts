import { ipKey, emailKey, type RateLimit } from '../../rate-limits/index.ts';

const perAddress = 20;
const perAccount = 5;

/**
 * The limits of a request that mails somebody who has not logged in: nobody's mailbox can be flooded, known or not.
 * @param kind what is asked for
 * @param email whose mailbox
 * @param address the IP address that asks
 */
export function emailLimits(kind: string, email: string, address: string): RateLimit[] {
  return [
    { key: `${kind}:address:${ipKey(address)}`, burst: perAddress },
    { key: `${kind}:account:${emailKey(email)}`, burst: perAccount },
  ];
}
