/** What `./keepline test` runs besides the tests, in this order: each counts as one test. */

export interface Check {
  readonly name: string;
  /** A program of node_modules/.bin with its arguments. */
  readonly command: readonly [string, ...string[]];
}

export const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the desk', command: ['tsc', '--noEmit', '-p', 'admin-ui'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'format', command: ['biome', 'format', '.'] },
];
