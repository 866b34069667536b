/** Reads the socket tables of Linux (proc(5): /proc/net/tcp, tcp6, udp, udp6). Pure. */

export interface SocketRow {
  readonly address: string;
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** `0A` is LISTEN, `01` ESTABLISHED, `07` an unconnected UDP socket. */
  readonly state: string;
  readonly inode: string;
}

export function socketRows(text: string): SocketRow[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const [, local = '', remote = '', state = ''] = columns;
      const inode = columns[9];
      const [here, there] = [endOf(local), endOf(remote)];
      if (!here || !there || inode === undefined) return [];
      return [{ address: here.address, port: here.port, remoteAddress: there.address, remotePort: there.port, state, inode }];
    });
}

function endOf(text: string): { readonly address: string; readonly port: number } | undefined {
  const [, hex, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(text) ?? [];
  if (hex === undefined || port === undefined) return undefined;
  return { address: addressOf(hex), port: Number.parseInt(port, 16) };
}

/** Words of four bytes in the byte order of the machine, which is little-endian wherever Keepline runs. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  if (bytes.every((byte, i) => byte === (i === 15 ? 1 : 0))) return '::1';
  if (bytes.every((byte) => byte === 0)) return '::';
  return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16)).join(':');
}
