import { once } from 'node:events';
import { createServer } from 'node:net';

const withoutIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** The IP address to listen on for `HOST`: `::` accepts IPv4 too, and becomes `0.0.0.0` where the kernel has no IPv6. */
export async function listenAddress(host: string): Promise<string> {
  if (host !== '::') {
    return host;
  }
  const probe = createServer();
  try {
    await once(probe.listen(0, host), 'listening');
    return host;
  } catch (error) {
    if (withoutIpv6.includes((error as NodeJS.ErrnoException).code ?? '')) {
      return '0.0.0.0';
    }
    throw error;
  } finally {
    probe.close();
  }
}
