/**
 * A small DNS server on loopback (RFC 1035 messages over UDP): A, AAAA, SRV (RFC 2782) and NAPTR (RFC 3403) records of its own zone. What it
 * does not have is NXDOMAIN; it can fall silent, and counts what it was asked.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const TYPE = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;

export type DnsRecord =
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'AAAA'; readonly address: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly name: string }
  | {
      readonly type: 'NAPTR';
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly service: string;
      readonly replacement: string;
    };

export class DnsServer {
  readonly #socket: Socket;
  /** Name in lower case → its records. Change it as a zone changes. */
  readonly zone = new Map<string, readonly DnsRecord[]>();
  /** Time to live of every answer, s. */
  ttl = 60;
  isSilent = false;
  /** Questions so far, as `SRV _sip._udp.example.com`. */
  readonly asked: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      const answer = this.#answer(query);
      if (answer !== null) socket.send(answer, port, address);
    });
  }

  static async open(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** `address:port`, as resolvers take it. */
  get place(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(query: Buffer): Buffer | null {
    let at = 12;
    const labels: string[] = [];
    for (let size = query.readUInt8(at); size > 0; size = query.readUInt8(at)) {
      labels.push(query.toString('latin1', at + 1, at + 1 + size));
      at += size + 1;
    }
    const code = query.readUInt16BE(at + 1);
    const name = labels.join('.').toLowerCase();
    const type = Object.entries(TYPE).find(([, number]) => number === code)?.[0] ?? `TYPE${code}`;
    this.asked.push(`${type} ${name}`);
    if (this.isSilent) return null;
    const records = this.zone.get(name);
    const matching = (records ?? []).filter((record) => record.type === type);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8580 | (records === undefined ? 3 : 0), 2); // a response, authoritative; 3 is NXDOMAIN
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(matching.length, 6);
    return Buffer.concat([head, query.subarray(12, at + 5), ...matching.map((record) => this.#record(record))]);
  }

  #record(record: DnsRecord): Buffer {
    const content = contentOf(record);
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0xc00c, 0); // the name of the question (RFC 1035 §4.1.4)
    head.writeUInt16BE(TYPE[record.type], 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt32BE(this.ttl, 6);
    head.writeUInt16BE(content.length, 10);
    return Buffer.concat([head, content]);
  }
}

function contentOf(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA': {
      const [before = '', after = ''] = record.address.split('::');
      const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
      const [first, last] = [groups(before), groups(after)];
      const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
      return Buffer.concat(all.map(word));
    }
    case 'SRV':
      return Buffer.concat([word(record.priority), word(record.weight), word(record.port), nameOf(record.name)]);
    case 'NAPTR': {
      const texts = [record.flags, record.service, ''].map((text) => Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1'));
      return Buffer.concat([word(record.order), word(record.preference), ...texts, nameOf(record.replacement)]);
    }
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function nameOf(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')), Buffer.alloc(1)]);
}
