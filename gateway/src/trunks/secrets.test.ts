import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '@keepline/testkit/temp-dir';
import { readSipSecrets } from './secrets.ts';

let dir: ReturnType<typeof tempDir>;
let path: string;
beforeEach(() => {
  dir = tempDir();
  path = join(dir.path, 'sip-secrets.yaml');
});
afterEach(() => dir.remove());
const write = (text: string, mode = 0o600): void => {
  writeFileSync(path, text);
  chmodSync(path, mode);
};

describe('the secrets of trunks and phones', () => {
  it('are found by trunk, by user name and by agent', () => {
    write(`trunks:
  carrier: { outbound: { username: bank, password: p1 }, inbound: { username: carrier, password: p2 } }
phones:
  agent1: { password: p3 }
  agent2: { ha1: { MD5: 0123 } }
`);
    const secrets = readSipSecrets(path, 'site');
    expect(secrets.outbound('carrier')).toEqual({ username: 'bank', password: 'p1' });
    expect(secrets.inbound('carrier')).toEqual({ trunk: 'carrier', secret: { username: 'carrier', password: 'p2' } });
    expect(secrets.inbound('bank')).toBeNull();
    expect(secrets.phone('agent1')).toEqual({ username: 'agent1', password: 'p3' });
    expect(secrets.phone('agent2')).toEqual({ username: 'agent2', realm: 'site', ha1: { MD5: '0123' } });
    expect(secrets.phone('toString')).toBeNull();
  });

  it('may be absent', () => {
    expect(readSipSecrets(path, 'site').phone('agent1')).toBeNull();
  });

  it.each([0o640, 0o604, 0o666])('are not read when others may (mode %o)', (mode) => {
    write('phones: {}', mode);
    expect(() => readSipSecrets(path, 'site')).toThrow(expect.objectContaining({ code: 'SIP_SECRETS_LAX' }));
  });

  it('are not read through a link that somebody else may turn', () => {
    const other = join(dir.path, 'other');
    writeFileSync(other, 'phones: {}', { mode: 0o600 });
    symlinkSync(other, path);
    expect(() => readSipSecrets(path, 'site')).toThrow(expect.objectContaining({ code: 'SIP_SECRETS_LAX' }));
  });

  it.each(['phones: {agent1: hush-hush}', 'phones: [hush-hush', 'hush-hush', 'extra: {hush-hush: 1}'])(
    'stay out of the fault of %s',
    (text) => {
      write(text);
      try {
        readSipSecrets(path, 'site');
        expect.unreachable();
      } catch (fault) {
        expect(fault).toMatchObject({ code: 'SIP_SECRETS_INVALID' });
        expect(JSON.stringify(fault) + String(fault)).not.toContain('hush-hush');
      }
    },
  );
});
