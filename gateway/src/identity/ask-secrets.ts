/** Secrets typed at a terminal without showing them, or one per line from a pipe; never from the command line, which others can read. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** @param labels what is asked for, in this order. @returns as many, '' where the pipe ended before */
export async function askSecrets(labels: readonly string[]): Promise<string[]> {
  if (!process.stdin.isTTY) {
    const lines = (await text(process.stdin)).split('\n');
    return labels.map((_label, i) => (lines[i] ?? '').trim());
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    const typed: string[] = [];
    for (const label of labels) {
      process.stderr.write(`${label}: `);
      typed.push((await terminal.question('')).trim());
      process.stderr.write('\n');
    }
    return typed;
  } finally {
    terminal.close();
  }
}
