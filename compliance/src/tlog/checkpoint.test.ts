import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { emptyRoot, leafHash } from './merkle.ts';
import { newNoteKey, openNote, signerFrom, signNote, verifierFrom } from './signed-note.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const verifier = verifierFrom(signer.verifierKey);

describe('signed notes (C2SP signed-note)', () => {
  it('open with the key that signed them, whoever else signed too', () => {
    const note = signNote('hello\nworld\n', signer);
    const other = signerFrom(newNoteKey('witness.example'));
    const both = note + signNote('hello\nworld\n', other).split('\n\n')[1];
    expect(openNote(note, verifier)).toBe('hello\nworld\n');
    expect(openNote(both, verifier)).toBe('hello\nworld\n');
    expect(openNote(both, verifierFrom(other.verifierKey))).toBe('hello\nworld\n');
  });

  it('fail after any single byte was changed', () => {
    const note = Buffer.from(signNote('hello\n', signer));
    for (let i = 0; i < note.length; i++) {
      const changed = Buffer.from(note);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => openNote(changed.toString('utf8'), verifier), `byte ${i}`).toThrow(/does not hold/);
    }
  });

  it('do not open with a key of the same name', () => {
    const impostor = signerFrom(newNoteKey(signer.name));
    expect(() => openNote(signNote('hello\n', impostor), verifier)).toThrow(/not signed by/);
  });

  it('refuse a wrong signature under the right key id even beside a good one', () => {
    const good = signNote('hello\n', signer);
    const bad = signNote('other\n', signer).split('\n\n')[1] ?? '';
    expect(() => openNote(good + bad, verifier)).toThrow(/signature is wrong/);
  });

  it('refuse texts the format cannot carry', () => {
    expect(() => signNote('no end', signer)).toThrow(/does not hold/);
    expect(() => signNote('tab\there\n', signer)).toThrow(/does not hold/);
  });

  it('opens the example of the Go implementation of signed notes, so that other tools read ours', () => {
    // The published example key and note of golang.org/x/mod/sumdb/note.
    const peter = verifierFrom('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = `${text}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    expect(openNote(note, peter)).toBe(text);
  });
});

describe('checkpoints (C2SP tlog-checkpoint)', () => {
  it('carry origin, size and root', () => {
    const root = leafHash(Buffer.of(7));
    expect(openCheckpoint(signCheckpoint(1, root, signer), verifier)).toEqual({
      origin: 'keepline/demo/audit',
      size: 1,
      root: Buffer.from(root),
    });
  });

  it('are refused for another log, a size that is no number, and a root of the wrong length', () => {
    const lines = (...text: string[]): string => signNote(`${text.join('\n')}\n`, signer);
    const root = Buffer.from(emptyRoot()).toString('base64');
    for (const note of [
      lines('other/log', '1', root),
      lines(signer.name, '01', root),
      lines(signer.name, '-1', root),
      lines(signer.name, '9007199254740993', root),
      lines(signer.name, '1', root.slice(4)),
      lines(signer.name, '1'),
    ])
      expect(() => openCheckpoint(note, verifier)).toThrow(/does not hold/);
  });
});
