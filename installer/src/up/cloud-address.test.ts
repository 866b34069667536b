import { describe, expect, it } from 'vitest';
import { cloudPlan } from './cloud-address.ts';

describe('whose cloud it is', () => {
  it.each([
    ['nats://127.0.0.1:4222', { kind: 'stand-in', host: '127.0.0.1', port: 4222 }],
    ['nats://localhost', { kind: 'stand-in', host: '127.0.0.1', port: 4222 }],
    ['127.0.0.1:5000', { kind: 'stand-in', host: '127.0.0.1', port: 5000 }],
    ['nats://[::1]:4300', { kind: 'stand-in', host: '::1', port: 4300 }],
    ['nats://127.0.0.1:0', { kind: 'stand-in', host: '127.0.0.1', port: 0 }],
    ['tls://cloud.example:4222', { kind: 'remote', server: 'tls://cloud.example:4222' }],
    ['nats://192.0.2.1', { kind: 'remote', server: 'nats://192.0.2.1' }],
    ['nats://127.evil.example', { kind: 'remote', server: 'nats://127.evil.example' }],
  ])('%s', (server, plan) => {
    expect(cloudPlan([server], true)).toEqual(plan);
  });

  it('is nobody’s when none is configured or wanted', () => {
    expect(cloudPlan([], true)).toEqual({ kind: 'none' });
    expect(cloudPlan(['nats://127.0.0.1:4222'], false)).toEqual({ kind: 'none' });
  });

  it.each(['nats://', 'nats://host:99999', 'nats://a b'])('refuses %j, naming the setting', (server) => {
    expect(() => cloudPlan([server], true)).toThrow(expect.objectContaining({ code: 'UP_CLOUD_SERVER_INVALID', offending: server }));
  });
});
