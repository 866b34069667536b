import { describe, expect, it } from 'vitest';
import { SourceGuard } from './source-guard.ts';

const expecting = (): SourceGuard => {
  const guard = new SourceGuard();
  guard.expect('10.0.0.1', 4000, 0);
  return guard;
};

describe('whom a leg listens to', () => {
  it('is nobody before an SDP came', () => {
    expect(new SourceGuard().accepts('', 0, 0)).toBe(false);
    expect(new SourceGuard().accepts('10.0.0.1', 4000, 0)).toBe(false);
  });

  it('is the far end of the SDP, never another address', () => {
    const guard = expecting();
    expect(guard.accepts('10.0.0.2', 4000, 1)).toBe(false);
    expect(guard.accepts('10.0.0.1', 4000, 2)).toBe(true);
    expect(guard.accepts('10.0.0.2', 4000, 3)).toBe(false);
  });

  it('learns one other port of that address in the first 5 s, and answers there', () => {
    const guard = expecting();
    expect(guard.accepts('10.0.0.1', 61_000, 5000)).toBe(true);
    expect(guard.port).toBe(61_000);
    expect(guard.accepts('10.0.0.1', 61_002, 5000)).toBe(false);
  });

  it('is the port the SDP named as soon as it speaks, although another one was learnt: that one may be of a call before a crash', () => {
    const guard = expecting();
    expect(guard.accepts('10.0.0.1', 61_000, 1)).toBe(true);
    expect(guard.accepts('10.0.0.1', 4000, 2)).toBe(true);
    expect(guard.port).toBe(4000);
    expect(guard.accepts('10.0.0.1', 61_000, 3)).toBe(false);
  });

  it('learns nothing later, or once the far end has spoken from where it said', () => {
    expect(expecting().accepts('10.0.0.1', 61_000, 5001)).toBe(false);
    const guard = expecting();
    guard.accepts('10.0.0.1', 4000, 1);
    expect(guard.accepts('10.0.0.1', 61_000, 2)).toBe(false);
  });

  it('is the new SSRC of a far end at once, and the old one again only after a second', () => {
    const guard = expecting();
    expect([guard.isCurrent(1, 0), guard.isCurrent(2, 100), guard.isCurrent(1, 120), guard.isCurrent(2, 140)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(guard.isCurrent(3, 200)).toBe(true);
    expect(guard.isCurrent(2, 1199)).toBe(false);
    expect(guard.isCurrent(2, 1200)).toBe(true);
  });

  it('keeps what it learnt over a re-INVITE that names the same, and starts anew with another (jambonz sbc-outbound#123)', () => {
    const guard = expecting();
    guard.accepts('10.0.0.1', 61_000, 1);
    guard.expect('10.0.0.1', 4000, 60_000);
    expect(guard.port).toBe(61_000);
    guard.expect('10.0.0.9', 5000, 90_000);
    expect(guard.accepts('10.0.0.1', 61_000, 90_001)).toBe(false);
    expect(guard.accepts('10.0.0.9', 5002, 90_001)).toBe(true);
  });

  it('is steady once it has spoken from its named port past the time of learning; a learnt port never is', () => {
    const named = new SourceGuard();
    named.expect('10.0.0.9', 4000, 0);
    expect(named.isSteady(9000)).toBe(false); // it has not spoken
    named.accepts('10.0.0.9', 4000, 100);
    expect([named.isSteady(5000), named.isSteady(5001)]).toEqual([false, true]);
    named.expect('10.0.0.10', 4000, 6000);
    expect(named.isSteady(20_000)).toBe(false);
    const behindNat = new SourceGuard();
    behindNat.expect('10.0.0.9', 4000, 0);
    behindNat.accepts('10.0.0.9', 61_000, 100);
    expect(behindNat.isSteady(9000)).toBe(false); // the named port may still begin
  });
});
