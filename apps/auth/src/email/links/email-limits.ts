import { ipKey, emailKey, type RateLimit } from '../../rate-limits/index.ts';

const burstPerIp = 20;
const burstPerAccount = 5;

/**
 * The limits of an unauthenticated request that sends a mail, so that nobody can flood a mailbox.
 * @param kind purpose of the mail
 * @param email the recipient's e-mail address, whether or not it has an account
 * @param ipAddress the client's IP address
 */
export function emailLimits(kind: string, email: string, ipAddress: string): RateLimit[] {
  return [
    { key: `${kind}:address:${ipKey(ipAddress)}`, burst: burstPerIp },
    { key: `${kind}:account:${emailKey(email)}`, burst: burstPerAccount },
  ];
}
