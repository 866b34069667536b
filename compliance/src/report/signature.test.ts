import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '@keepline/contracts/errors';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newNoteKey, signerFrom, signNote } from '../tlog/signed-note.ts';
import { signReport, verifyReport } from './signature.ts';

const signer = signerFrom(newNoteKey('keepline/demo/audit'));
const frame = { kind: 'mlps', site: 'demo', from: '2026-11-01', to: '2026-11-30' };
const bytes = Buffer.from('a report, 报告\n');
let home: TempDir;
let file = '';
let folder = '';

beforeEach(() => {
  home = tempDir();
  file = join(home.path, 'report.csv');
  folder = join(home.path, 'oscal');
  writeFileSync(file, bytes);
  writeFileSync(`${file}.note`, signReport(frame, [{ name: 'report.csv', bytes }], signer));
  mkdirSync(folder);
  const files = ['catalog.json', 'profile.json'].map((name) => ({ name, bytes: Buffer.from(name) }));
  for (const each of files) writeFileSync(join(folder, each.name), each.bytes);
  writeFileSync(`${folder}.note`, signReport(frame, files, signer));
});
afterEach(() => home.remove());

const change = (path: string, at: number): void => {
  const changed = readFileSync(path);
  changed[at] = (changed[at] ?? 0) ^ 1;
  writeFileSync(path, changed);
};

describe('the signature of a report', () => {
  it('says what was signed and by whom; a single file may be renamed with its note', async () => {
    expect(await verifyReport(file, signer.verifierKey)).toMatchObject({ ...frame, signedBy: 'keepline/demo/audit' });
    const renamed = join(home.path, 'for the bank.csv');
    writeFileSync(renamed, bytes);
    writeFileSync(`${renamed}.note`, readFileSync(`${file}.note`));
    expect(await verifyReport(renamed, signer.verifierKey)).toMatchObject({ files: [{ name: 'report.csv', bytes: bytes.length }] });
    expect((await verifyReport(folder, signer.verifierKey)).files.map(({ name }) => name).toSorted()).toEqual([
      'catalog.json',
      'profile.json',
    ]);
  });

  it('does not hold after any changed byte of the report, nor of its note', async () => {
    for (let i = 0; i < bytes.length; i++) {
      change(file, i);
      await expect(verifyReport(file, signer.verifierKey), `byte ${i}`).rejects.toMatchObject({ code: 'REPORT_NOT_GENUINE' });
      change(file, i);
    }
    const note = `${file}.note`;
    for (let i = 0; i < readFileSync(note).length; i++) {
      change(note, i);
      await expect(verifyReport(file, signer.verifierKey), `byte ${i} of the note`).rejects.toThrow(KeeplineError);
      change(note, i);
    }
    await expect(verifyReport(file, signer.verifierKey)).resolves.toMatchObject(frame);
  });

  it('does not hold for another key of the same name, nor for a note that was signed for something else', async () => {
    const other = signerFrom(newNoteKey('keepline/demo/audit'));
    await expect(verifyReport(file, other.verifierKey)).rejects.toMatchObject({ code: 'TLOG_NOTE_INVALID' });
    writeFileSync(`${file}.note`, signReport(frame, [{ name: 'report.csv', bytes }], other));
    await expect(verifyReport(file, signer.verifierKey)).rejects.toMatchObject({ code: 'TLOG_NOTE_INVALID' });
    writeFileSync(`${file}.note`, signNote('keepline/demo/audit\n12\nAAAA\n', signer));
    await expect(verifyReport(file, signer.verifierKey)).rejects.toMatchObject({ code: 'REPORT_NOT_GENUINE' });
  });

  it('does not hold for a folder that gained, lost, or exchanged a file, nor without a note', async () => {
    writeFileSync(join(folder, 'more.json'), '{}');
    await expect(verifyReport(folder, signer.verifierKey)).rejects.toMatchObject({ code: 'REPORT_NOT_GENUINE' });
    rmSync(join(folder, 'profile.json'));
    await expect(verifyReport(folder, signer.verifierKey)).rejects.toMatchObject({ code: 'REPORT_NOT_GENUINE' });
    rmSync(join(folder, 'more.json'));
    await expect(verifyReport(folder, signer.verifierKey)).rejects.toMatchObject({ code: 'REPORT_NOT_GENUINE' });
    rmSync(`${file}.note`);
    await expect(verifyReport(file, signer.verifierKey)).rejects.toMatchObject({ code: 'REPORT_NOT_GENUINE' });
  });
});
