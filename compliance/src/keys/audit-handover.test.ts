import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from '../tlog/checkpoint.ts';
import { newNoteKey, openNote, signerFrom, signNote, verifierFrom } from '../tlog/signed-note.ts';
import { followHandovers, keyRing, openHandover, signHandover } from './audit-handover.ts';

const NAME = 'keepline/demo/audit';
const fresh = (name = NAME) => signerFrom(newNoteKey(name));
const AT_MS = Date.UTC(2026, 0, 2);
const root = new Uint8Array(32);

describe('a handover of the audit key', () => {
  it('is signed by both keys, and nothing in it can be changed', () => {
    const [old, next] = [fresh(), fresh()];
    const note = signHandover(old, next, 7, AT_MS);
    expect(openHandover(note)).toEqual({ from: old.verifierKey, to: next.verifierKey, entries: 7, atMs: AT_MS });
    const invalid = expect.objectContaining({ code: 'KEY_HANDOVER_INVALID' });
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.constantFrom('0', 'A', '\n', ' '), (at, char) => {
        fc.pre(note[at] !== char);
        expect(() => openHandover(note.slice(0, at) + char + note.slice(at + 1))).toThrow(invalid);
      }),
    );
    const [text = ''] = note.split('\n\n');
    expect(() => openHandover(signNote(`${text}\n`, old)), 'the new key did not agree').toThrow(invalid);
    expect(() => openHandover(signNote(`${text}\n`, next)), 'the former key did not agree').toThrow(invalid);
    expect(() => openHandover(signHandover(old, fresh('keepline/other/audit'), 7, AT_MS))).toThrow(invalid);
    expect(() => openHandover(signHandover(old, old, 7, AT_MS))).toThrow(invalid);
  });

  it('leads from any key of the chain to the one in use, in whatever order the notes come', () => {
    const keys = Array.from({ length: 4 }, () => fresh());
    const [first, second, third, last] = keys;
    if (!first || !second || !third || !last) throw new Error('four keys were made');
    const [a, b, c] = [
      signHandover(first, second, 10, AT_MS),
      signHandover(second, third, 20, AT_MS),
      signHandover(third, last, 30, AT_MS),
    ];
    const ring = `${last.verifierKey} ${third.verifierKey}@30 ${second.verifierKey}@20 ${first.verifierKey}@10`;
    expect(keyRing(last.verifierKey, [b, c, a])).toBe(ring);
    expect(keyRing(first.verifierKey, [])).toBe(first.verifierKey);
    expect(followHandovers(first.verifierKey, [c, a, b])).toBe(ring);
    expect(followHandovers(followHandovers(first.verifierKey, [a]), [c, b, a]), 'followed on from a ring').toBe(ring);
    const stranger = fresh();
    expect(followHandovers(first.verifierKey, [a, signHandover(stranger, fresh(), 0, AT_MS)])).toBe(
      `${second.verifierKey} ${first.verifierKey}@10`,
    );
    const refused = expect.objectContaining({ code: 'KEY_HANDOVER_INVALID' });
    expect(() => followHandovers(stranger.verifierKey, [a, b, c])).toThrow(refused);
    expect(() => followHandovers(first.verifierKey, [a, signHandover(first, fresh(), 11, AT_MS)]), 'two successors').toThrow(refused);
  });

  it('lets a former key speak for what it signed and for nothing after', () => {
    const [old, next] = [fresh(), fresh()];
    const ring = verifierFrom(keyRing(next.verifierKey, [signHandover(old, next, 100, AT_MS)]));
    fc.assert(
      fc.property(fc.nat(1000), (size) => {
        const forged = () => openCheckpoint(signCheckpoint(size, root, old), ring).size;
        if (size <= 100) expect(forged()).toBe(size);
        else expect(forged).toThrow(expect.objectContaining({ code: 'TLOG_NOTE_INVALID' }));
        expect(openCheckpoint(signCheckpoint(size, root, next), ring).size).toBe(size);
      }),
    );
    // What is no checkpoint, such as a deletion certificate, has no number of entries to hold it to.
    expect(openNote(signNote('a certificate\n', old), ring)).toBe('a certificate\n');
    expect(() => openNote(signNote('a certificate\n', fresh()), ring)).toThrow(expect.objectContaining({ code: 'TLOG_NOTE_INVALID' }));
  });

  it.each(['KEY ', 'KEY OTHER', 'KEY KEY@-1', 'KEY KEY@1.5', 'KEY KEY@', 'KEY FOREIGN@5', 'KEY  KEY@5'])('is no ring: %s', (form) => {
    const [key, foreign] = [fresh().verifierKey, fresh('keepline/other/audit').verifierKey];
    const text = form.replaceAll('KEY', key).replaceAll('FOREIGN', foreign).replaceAll('OTHER', fresh().verifierKey);
    expect(() => verifierFrom(text)).toThrow(expect.objectContaining({ code: 'TLOG_NOTE_INVALID' }));
  });
});
