import { describe, expect, it } from 'vitest';
import { readyIn } from './gateway-ready.ts';

const ready = { http: 'http://localhost:8080', https: 'https://192.0.2.1:8443', sip: 'sip:192.0.2.1:5060', pid: 7 };

describe('the ready line of the gateway', () => {
  it('is read as it stands', () => {
    const firstPasswords = [{ agent: 'agent1', password: 'x' }];
    expect(readyIn(JSON.stringify({ ready: { ...ready, firstPasswords } }), '192.0.2.1')).toEqual({ ...ready, firstPasswords });
    expect(readyIn(JSON.stringify({ ready }), '192.0.2.1')).toEqual({ ...ready, firstPasswords: [] });
  });

  it('may name ports instead of addresses', () => {
    const ports = readyIn('{"ready":{"http":8080,"https":8443,"sip":5060,"pid":7}}', '192.0.2.1');
    expect(ports).toMatchObject({ http: 'http://localhost:8080', https: 'https://192.0.2.1:8443', sip: 'sip:192.0.2.1:5060' });
  });

  it.each(['', 'listening', '{"level":30,"msg":"ready"}', '{"ready":true}', 'null', '[1]'])('is not %j', (line) => {
    expect(readyIn(line, '192.0.2.1')).toBeUndefined();
  });
});
