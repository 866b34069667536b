/** Reads the project's own sources as text for the law tests: their imports and where these lead. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..');
export const PACKAGES = ['contracts', 'compliance', 'cloud-sync', 'gateway', 'admin-ui', 'installer', 'testkit'] as const;
export type Package = (typeof PACKAGES)[number];

export interface SourceFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
  /** As written, such as `../calls/leg.ts` or `@keepline/contracts/errors`. */
  readonly imports: readonly { readonly from: string; readonly kind: 'value' | 'type' | 'dynamic' }[];
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s*)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

export const sourceFiles: readonly SourceFile[] = globSync(
  [`{${PACKAGES.join(',')}}/**/*.{ts,tsx}`, '{scripts,test,bench}/**/*.ts', '*.ts'],
  { cwd: ROOT, exclude: (name) => ['node_modules', 'dist'].includes(name.split('/').at(-1) ?? '') },
)
  .toSorted()
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, imports: importsIn(text) };
  });

function importsIn(text: string): SourceFile['imports'] {
  const statements = [...text.matchAll(STATEMENT)].map(
    ([, type, from = '']) => ({ from, kind: type === undefined ? 'value' : 'type' }) as const,
  );
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, from = '']) => ({ from, kind: 'dynamic' }) as const);
  return [...statements, ...dynamic];
}

/** Path in the project that a relative import leads to; undefined for a package. */
export function target(file: SourceFile, from: string): string | undefined {
  return from.startsWith('.') ? normalize(join(dirname(file.path), from)) : undefined;
}

/** Tests, what only tests use (folders `testing` and `fixtures`, the victims of crash tests), and the test kit itself. */
export function isTestCode(path: string): boolean {
  return /\.test\.tsx?$|(^|\/)(test|testing|fixtures|testkit|bench)\/|-victim\.ts$|^[^/]+\.config\.ts$/.test(path);
}

export const productFiles: readonly SourceFile[] = sourceFiles.filter(({ path }) => !isTestCode(path));

/** The package a file lies in; undefined for scripts and configuration. */
export const packageOf = (path: string): Package | undefined => PACKAGES.find((name) => path.startsWith(`${name}/`));

/** The folder of a package that holds a file, such as `gateway/sip`; the package itself for files that lie at its top. */
export function folderOf(path: string): string | undefined {
  const found = packageOf(path);
  const [top, folder, ...rest] = path.split('/').filter((part, i) => !(i === 1 && part === 'src'));
  return found === undefined || folder === undefined ? undefined : rest.length === 0 ? top : `${top}/${folder}`;
}
