import { describe, expect, it } from 'vitest';
import { readSession } from './session.ts';

describe('the session the gateway tells', () => {
  it('is read down to what the desk uses', () => {
    const body = {
      agent: { id: 'agent1', name: '李静', more: 1 },
      site: 'demo',
      language: 'en',
      roles: ['agent'],
      stage: 'password_change',
      secret: 'x',
    };
    const { secret: _secret, ...used } = body;
    expect(readSession('/api/session', body)).toEqual({ ...used, agent: { id: 'agent1', name: '李静' } });
  });

  it('is refused when it names nobody', () => {
    for (const body of [undefined, null, 'signed in', {}, { agent: {} }, { agent: { id: 1, name: 'x' } }]) {
      expect(() => readSession('/api/session', body)).toThrow(expect.objectContaining({ code: 'DESK_REPLY_INVALID' }));
    }
  });
});
