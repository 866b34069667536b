/**
 * The mark of a restore in a data folder. Who puts a backup back has no audit log to write to before it is done, and perhaps no key to sign with;
 * so it leaves this file, and the first start on the folder writes into the log what it says before a call is taken.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Restored {
  /** Of the backup. */
  readonly id: string;
  readonly who: string;
  readonly role: string;
  readonly from: string;
  /** When it was put back, ISO 8601. */
  readonly at: string;
}

/** No part of a backup: it is about this folder. */
export const RESTORED_FILE = 'restored.json';
const FIELDS = ['id', 'who', 'role', 'from', 'at'] as const;
/** What an entry of the audit log takes. */
const WORD = /^[\w.:@-]{1,96}$/;

/** Durable when it returns. */
export function markRestored(folder: string, restored: Restored): void {
  writeFileSync(join(folder, RESTORED_FILE), `${JSON.stringify(restored)}\n`, { mode: 0o600, flush: true });
}

/** What waits to be told. A mark that cannot be read is told as one of somebody unknown: that there was one is the fact. */
export function restoredMark(folder: string): Restored | undefined {
  const path = join(folder, RESTORED_FILE);
  if (!existsSync(path)) return undefined;
  const found = parsed(readFileSync(path, 'utf8'));
  const word = (name: (typeof FIELDS)[number]): string => {
    const value = found[name];
    return typeof value === 'string' && WORD.test(value) ? value : 'unknown';
  };
  return { id: word('id'), who: word('who'), role: word('role'), from: word('from'), at: word('at') };
}

/** After it was told. */
export function forgetRestored(folder: string): void {
  rmSync(join(folder, RESTORED_FILE), { force: true });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}
