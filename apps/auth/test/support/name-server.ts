import { createSocket, type Socket } from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const typeA = 1;
const typeAAAA = 28;
const headerBytes = 12;

/** What a name stands for at its first, second … query of a type; the last answer is repeated. */
type Answers = Record<string, string[][]>;

/** A DNS server on loopback that this process asks from its start on, until it is stopped. */
export class NameServer {
  /** The names that were asked for. */
  readonly queries: string[] = [];
  private readonly used = new Map<string, number>();
  private readonly previous = dns.getServers();

  private constructor(
    private readonly socket: Socket,
    private readonly answers: Answers,
  ) {}

  static async start(answers: Answers): Promise<NameServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const server = new NameServer(socket, answers);
    socket.on('message', (query, from) => {
      socket.send(server.respond(query), from.port, from.address);
    });
    dns.setServers([`127.0.0.1:${String(socket.address().port)}`]);
    return server;
  }

  stop(): void {
    dns.setServers(this.previous);
    this.socket.close();
  }

  /** A response (RFC 1035 §4) to a query with one question. */
  private respond(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = headerBytes;
    for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = query.readUInt16BE(at + 1);
    const name = labels.join('.').toLowerCase();
    this.queries.push(name);
    const records = this.next(name, type).map((address) => record(type, address));
    const header = Buffer.alloc(headerBytes);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(headerBytes, at + 5), ...records]);
  }

  private next(name: string, type: number): string[] {
    const rounds = this.answers[name] ?? [];
    const key = `${name} ${String(type)}`;
    const round = this.used.get(key) ?? 0;
    this.used.set(key, round + 1);
    const addresses = rounds[Math.min(round, rounds.length - 1)] ?? [];
    return addresses.filter((address) => (isIPv6(address) ? typeAAAA : typeA) === type);
  }
}

function record(type: number, address: string): Buffer {
  const data = isIPv6(address) ? bytesOfIPv6(address) : Buffer.from(address.split('.').map(Number));
  const head = Buffer.alloc(headerBytes);
  // the name of the question, the type, the class IN and a lifetime of 0
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(0, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytesOfIPv6(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string | undefined, low: string | undefined) => (Number(high) * 256 + Number(low)).toString(16);
  const text = dotted ? `${String(dotted[1])}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : address;
  const [front = '', back] = text.split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const zeros = back === undefined ? [] : Array<string>(8 - groups(front).length - groups(back).length).fill('0');
  return Buffer.from(
    [...groups(front), ...zeros, ...groups(back)].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  );
}
