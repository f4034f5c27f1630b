import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/** Proxies whose `x-forwarded-for` is trusted: their number, or their IP addresses and CIDR ranges. */
export type TrustedProxies = number | readonly string[];

/**
 * Returns a function that determines the IP address of a request's client. It follows `x-forwarded-for` from the last entry
 * backwards, as long as the entry comes from a trusted proxy and is an IP address. IPv6 is in canonical form without a zone;
 * IPv4-mapped IPv6 becomes IPv4.
 */
export function clientAddress(trusted: TrustedProxies): (request: IncomingMessage) => string {
  const isTrusted = typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : inRanges(trusted);
  return ({ socket, headers }) => {
    let address = canonical(socket.remoteAddress ?? '') ?? '';
    const header = headers['x-forwarded-for'];
    if (header === undefined || !isTrusted(address, 0)) {
      return address;
    }
    const entries = String(header).split(',').reverse();
    for (const [hop, entry] of entries.entries()) {
      const next = isTrusted(address, hop) ? parseNode(entry.trim()) : undefined;
      if (next === undefined) {
        break;
      }
      address = next;
    }
    return address;
  };
}

/** Whether a text is an IP address or a CIDR range. */
export function isAddressRange(text: string): boolean {
  const [ip = '', prefix = '0', ...rest] = text.split('/');
  const maxPrefix = { 0: -1, 4: 32, 6: 128 }[isIP(ip)] ?? -1;
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= maxPrefix;
}

function inRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [ip = '', prefix] = range.split('/');
    const family = isIPv4(ip) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) {
      list.addAddress(ip, family);
    } else {
      list.addSubnet(ip, Number(prefix), family);
    }
  }
  return (address) => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** An IPv4 address, or an IPv6 address in brackets, with an optional port (RFC 7239 §6), possibly quoted. */
const nodePattern = /^"?(?:(?<ipv4>[\d.]+)|\[(?<ipv6>[^\]]*:[^\]]*)\])(?::\d{1,5})?"?$/;

/** Parses an entry of `x-forwarded-for`; returns undefined for `unknown`, obfuscated identifiers and anything else. */
function parseNode(entry: string): string | undefined {
  const { ipv4, ipv6 } = nodePattern.exec(entry)?.groups ?? {};
  return canonical(ipv4 ?? ipv6 ?? entry);
}

function canonical(ip: string): string | undefined {
  if (isIP(ip) !== 6) {
    return isIPv4(ip) ? ip : undefined;
  }
  const { address } = new SocketAddress({ address: ip, family: 'ipv6' });
  const mapped = address.replace(/^::ffff:(?=\d+\.)/, '');
  return isIPv4(mapped) ? mapped : address;
}
