/** Values of the readers of kernel tables: lines as Linux and nftables print them. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeFirewall } from './nftables.ts';
import { socketRows } from './proc-net.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, remote: string, state: string, inode: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000   990        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

describe('/proc/net', () => {
  it.for([
    ['0100007F', '127.0.0.1'],
    ['0500000A', '10.0.0.5'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000001000000', '::1'],
    ['0000000000000000FFFF00000500000A', '10.0.0.5'],
    ['B80D0120000000000000000001000000', '2001:db8:0:0:0:0:0:1'],
  ] as const)('reads %s as %s', ([hex, address]) => {
    const none = hex.replaceAll(/./g, '0');
    expect(socketRows(HEAD + row(`${hex}:13C4`, `${none}:0000`, '0A', 77))).toEqual([
      { address, port: 5060, remoteAddress: hex.length === 8 ? '0.0.0.0' : '::', remotePort: 0, state: '0A', inode: '77' },
    ]);
  });

  it('passes over lines that are none', () => {
    expect(socketRows(`${HEAD}\nnonsense\n   0: 0100007F:XXXX 00000000:0000 0A\n`)).toEqual([]);
  });

  it('finds a door of this very process in the table of the kernel', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const rows = socketRows(readFileSync('/proc/self/net/tcp', 'utf8'));
    server.close();
    expect(rows).toContainEqual(expect.objectContaining({ address: '127.0.0.1', port, state: '0A' }));
  });
});

describe('the packet filter', () => {
  const chain = (hook: string, policy: string) => ({
    chain: { family: 'inet', table: 'filter', name: hook, type: 'filter', hook, policy },
  });
  const rule = (...expr: object[]) => ({ rule: { family: 'inet', table: 'filter', chain: 'input', expr } });
  const match = (left: object, right: unknown) => ({ match: { op: '==', left, right } });
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const counter = (packets: number) => ({ counter: { packets, bytes: packets * 60 } });

  it('counts rules by addresses and ports, by state, and those never hit', () => {
    const objects = [
      { metainfo: { version: '1.0.6' } },
      chain('input', 'drop'),
      rule(match({ ct: { key: 'state' } }, ['established', 'related']), counter(90), { accept: null }),
      rule(match(payload('ip', 'saddr'), '10.0.0.0'), match(payload('tcp', 'dport'), 8443), counter(0), { accept: null }),
      rule(match(payload('tcp', 'dport'), 22), { accept: null }),
    ];
    expect(judgeFirewall(objects)).toEqual({ rules: 3, defaultDrop: true, fiveTupleRules: 1, statefulRules: 1, zeroHitRules: 1 });
  });

  it('takes neither an open input chain nor a closed forward chain for a closed input', () => {
    expect(judgeFirewall([chain('input', 'accept'), chain('forward', 'drop')])).toMatchObject({ rules: 0, defaultDrop: false });
    expect(judgeFirewall([])).toMatchObject({ rules: 0, defaultDrop: false });
  });
});
