import { lookup } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/** IP addresses of special purpose (RFC 6890), which lead into this network or to nobody. */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4');
}
// the protocols and examples of 2001::/23 and 3fff::/20, and the tunnels of 2002::/16 to any IPv4 address
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  special.addSubnet(network, prefix, 'ipv6');
}

/** All other IPv6 addresses are of special purpose, or not given to anybody. */
const globalIPv6 = new BlockList();
globalIPv6.addSubnet('2000::', 3, 'ipv6');

function isPublic(address: string): boolean {
  return isIPv6(address)
    ? globalIPv6.check(address, 'ipv6') && !special.check(address, 'ipv6')
    : !special.check(address);
}

/**
 * Whether a URL is one of HTTPS whose host may be public. What a name stands for, only {@link lookupPublic} tells at the time of a
 * connection.
 */
export function isPublicHttps({ protocol, hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'https:' && (isIP(host) === 0 || isPublic(host));
}

/** Resolves a name like `dns.lookup`, and fails if it stands for any IP address that is not public. */
export const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, options, (error, found, family) => {
    const addresses = error === null ? [found].flat() : [];
    const isRefused = addresses.some((one) => !isPublic(typeof one === 'string' ? one : one.address));
    done(isRefused ? new Error(`${hostname} is not public`) : error, found, family);
  });
};
