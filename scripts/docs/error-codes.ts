/** Finds the error codes in the sources and those on docs/errors.md. Pure: works on texts. */

/** `super('CODE'`, `new SomeError('CODE'`, `code: 'CODE'` in TypeScript; `fail CODE` in the launcher's shell part. */
const IN_TYPESCRIPT = /(?:\bsuper|\bnew \w*Error)\(\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'|\bcode: '([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const IN_SHELL = /\bfail ([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g;
const ROW = /^\| `?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`? +\|/gm;

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Code → the first file that has it, sorted by code. */
export function codesInSources(files: readonly TextFile[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { path, text } of files) {
    for (const match of text.matchAll(path.endsWith('.ts') ? IN_TYPESCRIPT : IN_SHELL)) {
      const code = match[1] ?? match[2];
      if (code !== undefined && !found.has(code)) found.set(code, path);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The codes of the page's rows, in order, twice when a code has two rows. */
export function codesOnPage(page: string): string[] {
  return [...page.matchAll(ROW)].flatMap((match) => match[1] ?? []);
}
