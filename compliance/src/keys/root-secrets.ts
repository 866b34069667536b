/**
 * Where the secret behind a root key is taken from at the moment it is needed: a passphrase or PIN out of a private file, a credential of
 * systemd, or a person at the terminal. Never from an argument or a plain environment variable, which other processes can read.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { RootLocked } from './errors.ts';
import { isMissing, requirePrivate } from './key-file.ts';

/** Names a file with the passphrase, or with the PIN of the token. */
export const PASSPHRASE_FILE_VARIABLE = 'KEEPLINE_PASSPHRASE_FILE';
export const PIN_FILE_VARIABLE = 'KEEPLINE_PKCS11_PIN_FILE';
/** Credential with the PIN of the token. */
export const PIN_CREDENTIAL = 'keepline-pin';

export interface RootSecrets {
  passphrase(): Promise<string>;
  pin(): Promise<string>;
  /** Bytes of a credential of systemd. @throws RootLocked */
  credential(name: string): Promise<Buffer>;
  /** Folder with the compiled `pkcs11js`; undefined when this machine has none. */
  readonly pkcs11Folder: string | undefined;
}

/** What this process was given. @throws RootLocked from each when there is nothing to take */
export function rootSecrets(env: Readonly<Record<string, string | undefined>> = process.env): RootSecrets {
  const fromFile = async (variable: string): Promise<string | undefined> => {
    const path = env[variable];
    if (path === undefined || path === '') return undefined;
    return lineOf(path);
  };
  // Asked once: a site that runs opens its root again when the store key was rotated, and nobody sits at the terminal then.
  const typed = new Map<string, Promise<string>>();
  const ask = (question: string, variable: string): Promise<string> => {
    const asked = typed.get(variable) ?? askHidden(question, variable);
    typed.set(variable, asked);
    return asked;
  };
  return {
    async passphrase() {
      return (await fromFile(PASSPHRASE_FILE_VARIABLE)) ?? ask('passphrase of the key store: ', PASSPHRASE_FILE_VARIABLE);
    },
    async pin() {
      const folder = env['CREDENTIALS_DIRECTORY'];
      const given = folder === undefined ? undefined : await lineOf(join(folder, PIN_CREDENTIAL), true);
      return given ?? (await fromFile(PIN_FILE_VARIABLE)) ?? ask('PIN of the token: ', PIN_FILE_VARIABLE);
    },
    async credential(name) {
      const folder = env['CREDENTIALS_DIRECTORY'];
      if (folder === undefined) throw new RootLocked('CREDENTIALS_DIRECTORY is not set');
      try {
        return await readFile(join(folder, name));
      } catch (cause) {
        throw new RootLocked(`there is no credential ${name}`, cause);
      }
    },
    pkcs11Folder: env['KEEPLINE_PKCS11JS'],
  };
}

/** The first line of a private file. @throws RootLocked, KeyStoreLax */
async function lineOf(path: string, optional = false): Promise<string | undefined> {
  try {
    if (!optional) await requirePrivate(path, 'file'); // systemd guards its folder by itself
    return (await readFile(path, 'utf8')).split(/\r?\n/, 1)[0];
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    if (optional) return undefined;
    throw new RootLocked(`there is no ${path}`, thrown);
  }
}

async function askHidden(question: string, variable: string): Promise<string> {
  if (!process.stdin.isTTY) throw new RootLocked(`nobody can be asked here, and ${variable} names no file`);
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() }); // what is typed is not shown
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
