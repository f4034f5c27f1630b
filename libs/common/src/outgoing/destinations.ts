import dns from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/** IP addresses of special purpose (RFC 6890), which lead into this network or to nobody. */
const special = listOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // a cloud's own services at a public IP address: Azure
  '168.63.129.16/32',
  // the protocols and examples of 2001::/23 and 3fff::/20, and the tunnels of 2002::/16 to any IPv4 address
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);

/** All other IPv6 addresses are of special purpose, such as IPv4-mapped ones and those of NAT64, or not given to anybody. */
const globalIPv6 = listOf(['2000::/3']);

const dnsTimeoutMs = 2000;
const dnsTries = 2;

interface Address {
  address: string;
  family: 4 | 6;
}

/**
 * The IP addresses that requests to URLs of others may go to: public ones by HTTPS, and those of the operator's own networks that are
 * allowed, by HTTP too.
 */
export class Destinations {
  private readonly own: BlockList;
  private readonly hasOwn: boolean;

  /** @param ownNetworks IP addresses and CIDR ranges */
  constructor(ownNetworks: readonly string[] = []) {
    this.own = listOf(ownNetworks);
    this.hasOwn = ownNetworks.length > 0;
  }

  /**
   * Whether a URL may be called, as far as it tells. The IP addresses of a name are known only at the time of a connection: see
   * {@link lookupFor}.
   */
  permit({ protocol, hostname, username, password }: URL): boolean {
    const host = hostname.replace(/^\[|\]$/g, '');
    const isWeb = protocol === 'https:' || (protocol === 'http:' && this.hasOwn);
    return isWeb && username === '' && password === '' && (isIP(host) === 0 || this.includes(host, protocol));
  }

  /**
   * How a connection for a URL finds its IP addresses. It connects to what was checked, so that a name can't change its meaning after
   * the check (DNS rebinding). Asks DNS servers only, by sockets: unlike `dns.lookup`, it occupies no thread that hashes need.
   * @returns a function that fails if the name has any IP address that the requests may not go to
   */
  lookupFor({ protocol }: URL): LookupFunction {
    return (hostname, { all, family }, done) => {
      const wanted = family === 4 || family === 'IPv4' ? [4] : family === 6 || family === 'IPv6' ? [6] : [4, 6];
      resolve(hostname).then(
        (addresses) => {
          const usable = addresses.filter((one) => wanted.includes(one.family));
          const [first] = usable;
          if (!addresses.every(({ address }) => this.includes(address, protocol))) {
            done(new Error(`${hostname} is not public`), []);
          } else if (!first) {
            done(new Error(`${hostname} has no IP address`), []);
          } else if (all) {
            done(null, usable);
          } else {
            done(null, first.address, first.family);
          }
        },
        (error: unknown) => {
          done(error as Error, []);
        },
      );
    };
  }

  private includes(address: string, protocol: string): boolean {
    return this.own.check(address, familyOf(address)) || (protocol === 'https:' && isPublic(address));
  }
}

/** All IP addresses of a name. */
async function resolve(hostname: string): Promise<Address[]> {
  const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: dnsTries });
  // those that the process uses elsewhere
  resolver.setServers(dns.getServers());
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  if (v4.status === 'rejected' && v6.status === 'rejected') {
    throw v4.reason;
  }
  return [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({ address, family: 4 as const })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({ address, family: 6 as const })),
  ];
}

function isPublic(address: string): boolean {
  return isIPv6(address)
    ? globalIPv6.check(address, 'ipv6') && !special.check(address, 'ipv6')
    : !special.check(address, 'ipv4');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
