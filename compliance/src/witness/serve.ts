/**
 * `./keepline audit witness`: a witness as a process of its own. Its key is made at first start, 0600, and its public half is printed for the
 * sites it watches; it runs until it is asked to stop.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock as clock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { newFile } from '../audit/new-file.ts';
import { newWitnessKey, witnessSigner } from '../tlog/cosignature.ts';
import type { NoteSigner } from '../tlog/signed-note.ts';
import { startWitness } from './witness-server.ts';

export interface ServeOptions {
  /** Folder of its memory; the key lies there too unless `key` says otherwise. */
  readonly data: string;
  /** File of its signing key. */
  readonly key: string | undefined;
  readonly name: string;
  /** `HOST:PORT`. */
  readonly listen: string;
  /** Public keys of the logs it watches. */
  readonly logs: readonly string[];
  readonly json: boolean;
}

/** Runs until SIGINT or SIGTERM. @throws NoteInvalid when a key is none, RangeError when `listen` is no address */
export async function serveWitness({ data, key, name, listen, logs, json }: ServeOptions): Promise<void> {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:([0-9]{1,5})$/.exec(listen) ?? [];
  if (host === '' || Number(port) > 65_535) throw new RangeError(`${listen} is no HOST:PORT`);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const signer = await signerAt(key ?? join(data, 'witness.key'), name);
  const witness = await startWitness({
    dir: join(data, 'logs'),
    signer,
    logs,
    host,
    port: Number(port),
    clock,
    onFault: (fault) => console.error(messageOf(fault)),
    onHandover: (log, to) => console.error(`${log} was handed over by its key to ${to}; ask its operator whether that was meant`),
  });
  const shown = {
    listens: `http://${host.includes(':') ? `[${host}]` : host}:${witness.port}`,
    key: signer.verifierKey,
    logs: logs.length,
  };
  console.log(json ? JSON.stringify(shown) : `witness at ${shown.listens}, watching ${shown.logs} logs; its public key:\n${shown.key}`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await witness.close();
}

async function signerAt(path: string, name: string): Promise<NoteSigner> {
  const found = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
  if (found !== undefined) return witnessSigner(found.trim());
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const text = newWitnessKey(name);
  const file = await newFile(path);
  try {
    await file.write(`${text}\n`);
    await file.publish();
  } finally {
    await file.close();
  }
  return witnessSigner(text);
}
