/**
 * `./keepline keys sm4 new-key | seal | open`: a file that leaves the building under SM4 and SM3 instead of age. Needs no site and touches none: what is
 * sealed was exported, and audited, before.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endWith } from '@keepline/contracts/command-end';
import { newFile } from './audit/new-file.ts';
import { openSm4, readSm4Key, SM4_MASTER_BYTES, sealSm4 } from './keys/sm4-file.ts';

const USAGE = `usage: ./keepline keys sm4 new-key --out FILE
       ./keepline keys sm4 seal FILE --key-file FILE --out FILE
       ./keepline keys sm4 open FILE --key-file FILE --out FILE

  new-key  32 random bytes in hex; hand it to the receiver by another way than the file`;

/** Whole or not at all, never over a file that is there. */
async function writeOut(path: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const file = await newFile(resolve(path));
  try {
    for await (const piece of pieces) await file.write(piece);
    await file.publish();
  } finally {
    await file.close();
  }
}

async function main(): Promise<number> {
  const text = { type: 'string', default: '' } as const;
  const options = { 'key-file': text, out: text, help: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [, verb = '', path = '', ...more] = positionals;
  const hasFiles = path !== '' && values['key-file'] !== '';
  const isMeant =
    more.length === 0 && values.out !== '' && (verb === 'new-key' ? path === '' : ['seal', 'open'].includes(verb) && hasFiles);
  if (values.help || !isMeant) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  if (verb === 'new-key') await writeOut(values.out, [Buffer.from(`${randomBytes(SM4_MASTER_BYTES).toString('hex')}\n`)]);
  else {
    const master = await readSm4Key(values['key-file']);
    const file = await open(path, 'r');
    try {
      await writeOut(values.out, verb === 'seal' ? sealSm4(file.createReadStream({ autoClose: false }), master) : openSm4(file, master));
    } finally {
      await file.close();
    }
  }
  console.log(resolve(values.out));
  return 0;
}

await endWith(main, USAGE);
