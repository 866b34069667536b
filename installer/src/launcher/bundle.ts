/** `./keepline bundle`: one signed file to install from where there is no network; `bundle verify` checks such a file. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KeeplineError } from '../before-packages.ts';
import { digestOf, readPublicKey, verifyDigest } from '../bundle/minisign.ts';
import { makeBundle } from '../bundle/make-bundle.ts';
import type { Given, Run } from './command.ts';

export const run: Run = async (given, { machine, say }) => {
  if (given.words[0] === 'verify') return verify(given);
  const out = given.text('out') ?? join(machine.root, `keepline.tar.zst`);
  const keyFile = given.text('key');
  const facts = await makeBundle({ machine, out, keyFile });
  say(
    `${out}: ${Math.round(statSync(out).size / 1_000_000)} MB, version ${facts.version} of ${facts.commit.slice(0, 12)}, ${facts.platform}-${facts.arch}`,
  );
  say(keyFile === undefined ? 'not signed: give --key FILE, or sign it: minisign -S -H -m FILE' : `signature: ${out}.minisig`);
  return 0;
};

async function verify(given: Given): Promise<number> {
  const file = given.words[1];
  const publicKey = given.text('pub');
  if (file === undefined || publicKey === undefined)
    throw new KeeplineError('LAUNCH_ARGUMENTS_INVALID', 'bundle verify needs a file and a public key', {
      hint: 'usage: ./keepline bundle verify FILE --pub KEY',
    });
  for (const path of [file, `${file}.minisig`, publicKey])
    if (!existsSync(path))
      throw new KeeplineError('BUNDLE_INPUT_MISSING', `${path} is not there`, { hint: 'Check the path.', offending: path });
  const key = readPublicKey(readFileSync(publicKey, 'utf8'), publicKey);
  console.log(verifyDigest(await digestOf(file), readFileSync(`${file}.minisig`, 'utf8'), key, file));
  return 0;
}
