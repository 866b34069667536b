import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KeeplineError } from '@keepline/contracts/errors';
import { LINK_CONDITIONS, linkConditionCode } from '@keepline/contracts/link';
import { conditionOf, dialCause, isStreamFull, lossCause, type Signs } from './condition.ts';
import { lineCondition, withTrip } from './line-quality.ts';

const HEALTHY: Signs = { state: 'up', why: 'stable', line: undefined, streamFull: false, outboxDiskFull: false, clockJumped: false };
const failed = (code: string): KeeplineError =>
  new KeeplineError('CLOUD_UNREACHABLE', 'no', { hint: '', cause: new Error('x', { cause: Object.assign(new Error('y'), { code }) }) });

describe('conditions of the link', () => {
  it('names the cause of a failed dial, however deep it lies', () => {
    expect(dialCause(failed('ENOTFOUND'))).toBe('name_unresolved');
    expect(dialCause(failed('EAI_AGAIN'))).toBe('name_unresolved');
    expect(dialCause(failed('ECONNREFUSED'))).toBe('server_away');
    expect(dialCause(failed('CERT_HAS_EXPIRED'))).toBe('tls_failed');
    expect(dialCause(failed('ERR_TLS_CERT_ALTNAME_INVALID'))).toBe('tls_failed');
    expect(dialCause(failed('EHOSTUNREACH'))).toBe('no_answer');
    expect(dialCause(new KeeplineError('CLOUD_REFUSED', 'no', { hint: '' }))).toBe('credentials_refused');
    expect(dialCause(new KeeplineError('CREDENTIALS_EXPIRED', 'no', { hint: '' }))).toBe('credentials_expired');
    expect(dialCause(new KeeplineError('CLOUD_UNREACHABLE', 'time-out', { hint: '' }))).toBe('cloud_unreachable');
    expect(dialCause(new Error('x'))).toBe('dial_failed');
  });

  it('a connection that is ended after a silence was half-open; one that says why it ends is taken at its word', () => {
    expect(lossCause('connection_lost', 1400, 1500)).toBe('connection_lost');
    expect(lossCause('connection_lost', 1500, 1500)).toBe('half_open');
    expect(lossCause('credentials_expired', 9000, 1500)).toBe('credentials_expired');
  });

  it('tells a full stream from other refusals', () => {
    const refused = (code: number): Error => new Error('publish', { cause: Object.assign(new Error('api'), { code }) });
    expect([10_077, 10_047, 10_023].map((code) => isStreamFull(refused(code)))).toEqual([true, true, true]);
    expect([10_070, 503].map((code) => isStreamFull(refused(code)))).toEqual([false, false]);
    const circle = new Error('x');
    circle.cause = circle;
    expect(isStreamFull(circle)).toBe(false);
  });

  it('shows the one that can be acted on: the drill, the own disk, the way, the stream, the line, the clock', () => {
    const all: Signs = { ...HEALTHY, line: 'slow_link', streamFull: true, outboxDiskFull: true, clockJumped: true };
    expect(conditionOf({ ...all, state: 'down', why: 'drill' })).toBe('drill');
    expect(conditionOf(all)).toBe('outbox_disk_full');
    expect(conditionOf({ ...all, outboxDiskFull: false, state: 'down', why: 'heartbeats_missed' })).toBe('no_answer');
    expect(conditionOf({ ...all, outboxDiskFull: false })).toBe('stream_full');
    expect(conditionOf({ ...HEALTHY, line: 'slow_link', clockJumped: true })).toBe('slow_link');
    expect(conditionOf({ ...HEALTHY, clockJumped: true })).toBe('clock_jump');
    expect(conditionOf({ ...HEALTHY, state: 'down', why: 'credentials_expired' })).toBe('credentials_expired');
    expect(conditionOf({ ...HEALTHY, state: 'down', why: 'credentials_revoked' })).toBe('credentials_refused');
    expect(conditionOf(HEALTHY)).toBeUndefined();
  });

  it('each has its section in the runbook, under its code', () => {
    const runbook = readFileSync(new URL('../../../docs/runbook/link-conditions.md', import.meta.url), 'utf8');
    for (const condition of Object.keys(LINK_CONDITIONS) as Array<keyof typeof LINK_CONDITIONS>)
      expect(runbook).toContain(`## ${linkConditionCode(condition)}`);
  });
});

describe('quality of the line', () => {
  const trips = (list: readonly number[]): readonly number[] => list.reduce<readonly number[]>(withTrip, []);

  it('3 s of round trip is slow after four answers', () => {
    expect(lineCondition(trips([20, 20, 20, 20, 20, 3000, 3000, 3000]))).not.toBe('slow_link');
    expect(lineCondition(trips([20, 20, 20, 20, 3000, 3001, 3000, 3000]))).toBe('slow_link');
  });

  it('retransmissions in every other round trip are heavy loss, one in twenty is not', () => {
    expect(lineCondition(trips([20, 240, 20, 640, 22, 1440, 440, 20, 20, 230]))).toBe('heavy_loss');
    expect(lineCondition(trips(Array.from({ length: 20 }, (_, i) => (i === 7 ? 640 : 20))))).toBeUndefined();
  });

  it('a line with 30 % loss each way is named; one with 1 % is not (seeded)', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647; // Lehmer generator
    const retransmission = (share: number): number => (random() < share ? 220 : 0);
    const line = (share: number): readonly number[] =>
      trips(Array.from({ length: 20 }, () => 20 + retransmission(share) + retransmission(share)));
    const named = (share: number): number =>
      Array.from({ length: 500 }, () => lineCondition(line(share))).filter((condition) => condition === 'heavy_loss').length;
    expect(named(0.3)).toBeGreaterThan(425);
    expect(named(0.01)).toBeLessThan(25);
  });

  it('looks back on a bounded number of trips', () => {
    expect(trips(Array.from({ length: 1000 }, () => 1))).toHaveLength(20);
  });
});
