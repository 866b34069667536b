/** Writes docs/adr/README.md, the list of decisions, from the headings of the records. Pure. */

export interface DecisionRecord {
  /** Name of the file, such as `0003-site-certificate.md`. */
  readonly file: string;
  readonly text: string;
}

export function adrIndex(records: readonly DecisionRecord[]): string {
  const rows = records
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, text }) => `| [${file.slice(0, 4)}](${file}) | ${titleOf(text)} | ${statusOf(text)} |`);
  return `# Decisions

<!-- Written by scripts/write-docs.ts from the records in this folder. -->

What was decided, why, and with which bounds. A new one: copy [the template](0000-template.md) under the next number, then
\`node scripts/write-docs.ts\`.

| number | decision | status |
|---|---|---|
${rows.join('\n')}
`;
}

function titleOf(text: string): string {
  return (/^# (?:ADR )?(?:\d{4}[:.]? )?(.+)$/m.exec(text)?.[1] ?? 'untitled').trim();
}

/** `Status: accepted` in any dress: a line of its own, a list entry, bold. */
function statusOf(text: string): string {
  return (/^\W*status\W+([a-z].*?)[*|.]*$/im.exec(text)?.[1] ?? 'unknown').trim();
}
