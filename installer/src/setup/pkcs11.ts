/**
 * Step: the native binding `pkcs11js`, whose install script is off. Compiled once into `.runtime`, in a copy of the package, so that
 * node_modules stays as npm left it. It speaks Node-API: one file serves every Node of a platform. Nobody needs it but a key store in a token.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnvironment, findProgram, type Machine, pkcs11Folder } from '../machine.ts';
import { nodeHeaders } from './node-headers.ts';
import { runProgram } from './run-program.ts';
import type { Step } from './step.ts';
import { treeHash } from './tree-hash.ts';

const COMPILE_LIMIT_MS = 120_000;

const SOURCES = ['src', 'includes', 'binding.gyp', 'package.json'];
const packageFolder = (machine: Machine): string => join(machine.root, 'node_modules/pkcs11js');
const madeOf = (machine: Machine): string => treeHash(packageFolder(machine), SOURCES);
const stamp = (machine: Machine): string => join(pkcs11Folder(machine), 'made-of');

const load = (machine: Machine, folder: string): Promise<void> =>
  runProgram({
    command: [machine.node, '-e', 'new (require(process.argv[1]).PKCS11)()', folder],
    cwd: machine.root,
    env: childEnvironment(machine),
    log: join(machine.runtime, 'log/pkcs11.log'),
    limitMs: 30_000,
  });

export const pkcs11: Step = {
  name: 'PKCS#11 binding',
  takes: '10 s',
  after: ['npm packages'],
  insideOf: [],
  optional: 'Without it the key store cannot hang on a hardware token.',
  preflight(machine) {
    if (machine.env.KEEPLINE_PKCS11JS) return undefined; // the operator brought one in
    if (!existsSync(stamp(machine))) return 'not compiled yet';
    const isThere = existsSync(packageFolder(machine)); // without the package what is there cannot be older than it
    return isThere && readFileSync(stamp(machine), 'utf8') !== madeOf(machine) ? 'another version was compiled' : undefined;
  },
  packages(machine) {
    const tools = ['g++', 'make', 'python3'].filter((tool) => findProgram(machine, tool) === undefined);
    return nodeHeaders(machine) === undefined ? [...tools, 'libnode-dev'] : tools;
  },
  async install(machine) {
    const made = pkcs11Folder(machine);
    const draft = `${made}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(dirname(draft), { recursive: true });
    cpSync(packageFolder(machine), draft, { recursive: true });
    const nodedir = nodeHeaders(machine);
    const given = nodedir === undefined ? [] : [`--nodedir=${nodedir}`]; // else node-gyp downloads the headers
    await runProgram({
      command: [machine.node, join(machine.root, 'node_modules/node-gyp/bin/node-gyp.js'), 'rebuild', ...given],
      cwd: draft,
      env: childEnvironment(machine),
      log: join(machine.runtime, 'log/pkcs11.log'),
      limitMs: COMPILE_LIMIT_MS,
    });
    await load(machine, draft);
    writeFileSync(join(draft, 'made-of'), madeOf(machine));
    rmSync(made, { recursive: true, force: true });
    renameSync(draft, made); // never a half-made folder under the final name
  },
  verify: (machine) => load(machine, pkcs11Folder(machine)),
};
