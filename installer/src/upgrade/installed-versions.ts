/** The versions below /opt/keepline: which there are, which runs, which ran before, and how a bundle becomes one of them. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type BundleFacts, bundleFacts } from '../bundle/bundle-facts.ts';
import { SUMS, verifySums } from '../bundle/checksums.ts';
import { digestOf, readPublicKey, verifyDigest } from '../bundle/minisign.ts';
import { must } from '../install/machine-state.ts';
import { UpgradeNotPossible } from './errors.ts';

const CURRENT = 'current';
const PREVIOUS = 'previous';
const INCOMING = '.incoming';

export class InstalledVersions {
  readonly #folder: string;

  /** @param folder `/opt/keepline` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  path(version: string): string {
    return join(this.#folder, version);
  }

  current(): string | undefined {
    return this.#named(CURRENT);
  }

  /** Undefined before the first upgrade, and when its files are gone. */
  previous(): string | undefined {
    const name = this.#named(PREVIOUS);
    return name !== undefined && existsSync(this.path(name)) ? name : undefined;
  }

  point(version: string): void {
    this.#link(CURRENT, version);
  }

  /** What a rollback goes to; undefined: nothing. */
  remember(version: string | undefined): void {
    if (version === undefined) rmSync(this.path(PREVIOUS), { force: true });
    else this.#link(PREVIOUS, version);
  }

  /** What runs now and what ran before stay, all others go. */
  settle({ from, to }: { readonly from: string; readonly to: string }): void {
    for (const name of readdirSync(this.#folder))
      if (![CURRENT, PREVIOUS, from, to].includes(name) && !lstatSync(this.path(name)).isSymbolicLink())
        rmSync(this.path(name), { recursive: true, force: true });
  }

  /**
   * Checks a signed bundle and unpacks it beside the others; nothing that runs is touched. A version that is there already is checked instead.
   * @param publicKey file of the minisign key it must be signed with
   * @throws UpgradeNotPossible, KeeplineError BUNDLE_…, INSTALL_COMMAND_FAILED
   */
  async take(bundle: string, publicKey: string): Promise<BundleFacts> {
    for (const path of [bundle, `${bundle}.minisig`, publicKey])
      if (!existsSync(path)) throw new UpgradeNotPossible(`${path} is not there`);
    const key = readPublicKey(readFileSync(publicKey, 'utf8'), publicKey);
    verifyDigest(await digestOf(bundle), readFileSync(`${bundle}.minisig`, 'utf8'), key, bundle);
    const incoming = this.path(INCOMING);
    rmSync(incoming, { recursive: true, force: true });
    mkdirSync(incoming, { mode: 0o700 });
    try {
      must('tar', '--use-compress-program=zstd', '--extract', '--no-same-owner', `--file=${bundle}`, `--directory=${incoming}`);
      const [root = ''] = readdirSync(incoming);
      const tree = join(incoming, root);
      const facts = bundleFacts(tree);
      if (facts === undefined) throw new UpgradeNotPossible(`${bundle} holds no version of Keepline`);
      await verifySums(tree);
      const there = this.path(facts.version);
      if (!existsSync(there)) renameSync(tree, there);
      else if (!readFileSync(join(there, SUMS)).equals(readFileSync(join(tree, SUMS))))
        throw new UpgradeNotPossible(`${there} is there already with other content: a bundle with other content has another version`);
      else await verifySums(there);
      return facts;
    } finally {
      rmSync(incoming, { recursive: true, force: true });
    }
  }

  #named(link: string): string | undefined {
    const path = this.path(link);
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
  }

  #link(name: string, target: string): void {
    const draft = this.path(`${name}.new`);
    rmSync(draft, { force: true });
    symlinkSync(target, draft);
    renameSync(draft, this.path(name)); // rename(2) replaces a link in one step
  }
}
