/** Laws of the envelope: what was signed is accepted in any order of its fields, and nothing else is, whatever the bytes. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type DownlinkEnvelope, judgeDownlink, pinnedKeys, pinOf, signDownlink, type UnsignedDownlink } from './downlink.ts';

const first = generateKeyPairSync('ed25519');
const second = generateKeyPairSync('ed25519');
const keys = pinnedKeys([pinOf('first', first.publicKey), pinOf('second', second.publicKey)]);
const NOW_MS = 1_800_000_000_000;

const unsigned = (payload: unknown, changes: Partial<UnsignedDownlink> = {}): UnsignedDownlink => ({
  ...{ v: 1, id: 'dl-01a2062f-c341-7619-bf76-b0407869768e', site: 'demo', kind: 'skills.table', version: 7 },
  ...{ notBeforeMs: NOW_MS - 1, notAfterMs: NOW_MS + 1, payload, key: 'first' },
  ...changes,
});
const judge = (envelope: unknown) => judgeDownlink(Buffer.from(JSON.stringify(envelope)), 'demo', keys, NOW_MS);
const tables = fc.record({
  agents: fc.array(
    fc.record({
      id: fc.stringMatching(/^[a-z][a-z0-9._-]{0,47}$/),
      skills: fc.array(fc.string({ minLength: 1, maxLength: 64 }), { maxLength: 32 }),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  ),
  reason: fc.string({ maxLength: 200, unit: 'binary' }),
});
const shuffled = (envelope: object): object => Object.fromEntries(Object.entries(envelope).toReversed());

describe('a signed envelope', () => {
  it('is accepted whatever the order of its fields, with either pinned key', () => {
    fc.assert(
      fc.property(tables, fc.constantFrom('first' as const, 'second' as const), (payload, key) => {
        const envelope = signDownlink(unsigned(payload, { key }), { first, second }[key].privateKey);
        expect(judge(shuffled({ ...envelope, payload: shuffled(payload) }))).toMatchObject({ ok: true });
      }),
      { numRuns: 60 },
    );
  });

  it('is refused when any byte of it differs in meaning', () => {
    const text = JSON.stringify(signDownlink(unsigned({ agents: [{ id: 'agent1', skills: ['cards'] }], reason: 'r' }), first.privateKey));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        const verdict = judgeDownlink(Buffer.from(changed), 'demo', keys, NOW_MS);
        // A blank for a blank, or the same letter, is no change.
        expect(!verdict.ok || canonicalJson(verdict.envelope) === canonicalJson(JSON.parse(text))).toBe(true);
      }),
      { numRuns: 500, examples: [[text.length - 5, 47]] }, // another spelling of the signature's last letter
    );
  });

  it('is valid from its first millisecond up to, not including, its last, and for its own site and key', () => {
    const at = (nowMs: number, site = 'demo', pinned = keys) => {
      const envelope = signDownlink(unsigned({ agents: [{ id: 'a', skills: [] }], reason: '' }), first.privateKey);
      const verdict = judgeDownlink(Buffer.from(JSON.stringify(envelope)), site, pinned, nowMs);
      return verdict.ok ? 'ok' : verdict.why;
    };
    expect([NOW_MS - 2, NOW_MS - 1, NOW_MS, NOW_MS + 1].map((nowMs) => at(nowMs))).toEqual(['not_yet_valid', 'ok', 'ok', 'expired']);
    expect(at(NOW_MS, 'north')).toBe('other_site');
    expect(at(NOW_MS, 'demo', new Map())).toBe('key_unknown');
    expect(at(NOW_MS, 'demo', pinnedKeys([pinOf('first', second.publicKey)]))).toBe('signature_wrong');
  });

  it('cannot carry one kind under the name of another, nor more than its schema knows', () => {
    const signedWith = (changes: Partial<UnsignedDownlink>): DownlinkEnvelope =>
      signDownlink(unsigned({ articles: [] }, changes), first.privateKey);
    expect(judge(signedWith({ kind: 'knowledge.snapshot' }))).toMatchObject({ ok: true });
    expect(judge(signedWith({ kind: 'skills.table' }))).toEqual({ ok: false, why: 'payload_invalid' });
    expect(judge(signedWith({ kind: 'knowledge.snapshot', payload: { articles: [], run: 'me' } }))).toEqual({
      ok: false,
      why: 'payload_invalid',
    });
    expect(judge({ ...signedWith({ kind: 'knowledge.snapshot' }), extra: 1 })).toEqual({ ok: false, why: 'malformed' });
  });
});

describe('bytes from anywhere', () => {
  it('are refused with a reason, never with a fault', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          expect(judgeDownlink(bytes, 'demo', keys, NOW_MS).ok).toBe(false);
        },
      ),
    );
    expect(judgeDownlink(new Uint8Array(524_289), 'demo', keys, NOW_MS)).toEqual({ ok: false, why: 'too_large' });
    for (const deep of ['['.repeat(200_000) + ']'.repeat(200_000), `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`])
      expect(judgeDownlink(Buffer.from(deep), 'demo', keys, NOW_MS)).toMatchObject({ ok: false });
  });
});
