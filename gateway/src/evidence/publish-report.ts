/** Writes a report and its signature so that both appear whole, private, and never over something; neither before its making is on record as done. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { type NewFile, newFile, type NewFolder, newFolder } from '@keepline/compliance/new-file';
import type { NoteSigner } from '@keepline/compliance/note';
import { NOTE_EXTENSION, signReport } from '@keepline/compliance/report-signature';
import { writeFile } from 'node:fs/promises';
import type { MadeReport } from './reports.ts';

export interface PublishedReport {
  readonly path: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** @param making calls back with what it made, inside the audited act @throws KeeplineError EXPORT_TARGET_EXISTS */
export async function publishReport(
  path: string,
  signer: NoteSigner,
  making: (publish: (made: MadeReport) => Promise<PublishedReport>) => Promise<PublishedReport>,
): Promise<PublishedReport> {
  const drafts: (NewFile | NewFolder)[] = [];
  try {
    const published = await making(async (made) => {
      // a single file carries the name it was asked for; those of a folder keep theirs
      const files = made.files.map(({ name, bytes }) => ({ name: made.isFolder ? name : basename(path), bytes }));
      const { kind, site, period } = made;
      const note = await newFile(`${path}${NOTE_EXTENSION}`);
      drafts.push(note);
      await note.write(signReport({ kind, site, ...period }, files, signer));
      if (made.isFolder) {
        const folder = await newFolder(path);
        drafts.push(folder);
        for (const { name, bytes } of files) await writeFile(join(folder.path, name), bytes, { mode: 0o600, flush: true });
      } else {
        const file = await newFile(path);
        drafts.push(file);
        for (const { bytes } of files) await file.write(bytes);
      }
      return {
        path,
        files: files.map(({ name, bytes }) => ({ name, sha256: createHash('sha256').update(bytes).digest('hex') })),
      };
    });
    for (const draft of drafts.toReversed()) await draft.publish();
    return published;
  } finally {
    for (const draft of drafts) await draft.close();
  }
}
