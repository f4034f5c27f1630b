import { addressKey, emailKey, type Gate } from '../attempts/index.ts';

const perAddress = 20;
const perAccount = 5;

/**
 * The gates of a request that mails somebody who has not logged in: nobody's mailbox can be flooded, known or not.
 * @param kind what is asked for
 * @param email whose mailbox
 * @param address the IP address that asks
 */
export function mailGates(kind: string, email: string, address: string): Gate[] {
  return [
    { key: `${kind}:address:${addressKey(address)}`, burst: perAddress },
    { key: `${kind}:account:${emailKey(email)}`, burst: perAccount },
  ];
}
