/**
 * Policies of a site in its data folder: every version that was ever in force as a file of its own, and `in-force`, which names one and is
 * replaced in one step. Readers look at that file before each use, so a change holds from the next event on, without a signal or a restart.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PolicyInvalid, PolicyUnreadable, PolicyVersionStale } from './errors.ts';
import { BUILT_IN, checkPolicy, policyHash, type PolicyDocument, POLICY_MAX_BYTES } from './policy-document.ts';

/** Of the data folder. */
export const POLICY_FOLDER = 'policy';
const IN_FORCE = 'in-force';
const VERSION_FILE = /^policy-\d{7}-[0-9a-f]{16}\.json$/;

/** Plain data, as the workbench shows it. */
export interface PolicyInForce {
  readonly document: PolicyDocument;
  readonly hash: string;
  readonly source: 'built-in' | 'site';
}

const BUILT_IN_FORCE: PolicyInForce = { document: BUILT_IN, hash: policyHash(BUILT_IN), source: 'built-in' };
const isMissing = (fault: unknown): boolean => fault instanceof Error && 'code' in fault && fault.code === 'ENOENT';

/** @param data the site's data folder @throws PolicyUnreadable: a damaged policy is never taken for none */
export function policyInForce(data: string): PolicyInForce {
  const dir = join(data, POLICY_FOLDER);
  let name: string;
  try {
    name = readFileSync(join(dir, IN_FORCE), 'utf8').trim();
  } catch (cause) {
    if (isMissing(cause)) return BUILT_IN_FORCE;
    throw new PolicyUnreadable(join(dir, IN_FORCE), cause);
  }
  return readVersion(dir, name);
}

function readVersion(dir: string, name: string): PolicyInForce {
  const path = join(dir, name);
  try {
    if (!VERSION_FILE.test(name)) throw new PolicyInvalid(['not the name of a policy']);
    const document = readPolicyFile(path);
    const hash = policyHash(document);
    if (!name.endsWith(`-${hash.slice(0, 16)}.json`)) throw new PolicyInvalid(['the content is not what was installed under this name']);
    return { document, hash, source: 'site' };
  } catch (cause) {
    throw new PolicyUnreadable(path, cause);
  }
}

/** @throws PolicyUnreadable, PolicyInvalid, PolicyUnlawful */
export function readPolicyFile(path: string): PolicyDocument {
  let given: unknown;
  try {
    if (statSync(path).size > POLICY_MAX_BYTES) throw new PolicyInvalid([`longer than ${POLICY_MAX_BYTES} bytes`]);
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw cause instanceof PolicyInvalid ? cause : new PolicyUnreadable(path, cause);
  }
  return checkPolicy(given);
}

/** Every version that was installed, the oldest first. */
export function policyHistory(data: string): readonly (PolicyInForce & { readonly installedMs: number })[] {
  const dir = join(data, POLICY_FOLDER);
  return versionsIn(dir)
    .toSorted()
    .map((name) => ({ ...readVersion(dir, name), installedMs: Math.round(statSync(join(dir, name)).mtimeMs) }));
}

/** Puts a checked policy in force, durably, and keeps it for ever. @throws PolicyVersionStale when its version is not higher than the last */
export function installPolicy(data: string, document: PolicyDocument): PolicyInForce {
  const dir = join(data, POLICY_FOLDER);
  const version = lastVersion(dir);
  if (document.version <= version) throw new PolicyVersionStale(document.version, version);
  const hash = policyHash(document);
  const name = `policy-${String(document.version).padStart(7, '0')}-${hash.slice(0, 16)}.json`;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  replace(dir, name, `${JSON.stringify(document, undefined, 2)}\n`);
  replace(dir, IN_FORCE, `${name}\n`);
  return { document, hash, source: 'site' };
}

/** By the names alone, so that a damaged policy can be replaced. */
function lastVersion(dir: string): number {
  return versionsIn(dir).reduce((highest, name) => Math.max(highest, Number(name.slice(7, 14))), BUILT_IN.version);
}

function versionsIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => VERSION_FILE.test(name));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new PolicyUnreadable(dir, cause);
  }
}

function replace(dir: string, name: string, content: string): void {
  const draft = join(dir, `${name}.${process.pid}.draft`);
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, join(dir, name));
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The policy in force, read again when the file that names it has changed: one `stat` for each question. */
export class PolicySource {
  readonly #data: string;
  readonly #onFault: (fault: unknown) => void;
  #seen: string;
  #current: PolicyInForce;

  /** @throws PolicyUnreadable: a site does not start under a policy it cannot read */
  constructor(data: string, onFault: (fault: unknown) => void) {
    this.#data = data;
    this.#onFault = onFault;
    this.#seen = this.#mark();
    this.#current = policyInForce(data);
  }

  /** A policy that became unreadable is told of once; the one before it stays in force. */
  current(): PolicyInForce {
    const mark = this.#mark();
    if (mark !== this.#seen) {
      this.#seen = mark;
      try {
        this.#current = policyInForce(this.#data);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
    return this.#current;
  }

  #mark(): string {
    const found = statSync(join(this.#data, POLICY_FOLDER, IN_FORCE), { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`;
  }
}
