/** A report as CSV, JSON and HTML, pure: the same document gives the same bytes. */
import type { ReportDocument, Table } from './document.ts';

/**
 * RFC 4180 with the mark that makes spreadsheets read UTF-8. A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP,
 * CSV injection), also behind leading white space.
 */
export function csv({ rows: { columns, rows } }: ReportDocument): string {
  const cell = (value: string): string => `"${(/^\s*[=+\-@\t\r]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
  return `\uFEFF${[columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

export function json({ kind, language, site, from, to, takenAt, rows: { columns, rows } }: ReportDocument): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? ''])));
  return `${JSON.stringify({ report: kind, version: 1, language, zone: 'UTC+08:00', site, from, to, takenAt, rows: objects }, undefined, 1)}\n`;
}

/** One file without a script and without anything from elsewhere. */
export function html({ language, title, site, from, to, cover, sections }: ReportDocument): string {
  const body = sections.map(
    ({ heading, paragraphs, tables }) =>
      `<h2>${escaped(heading)}</h2>\n${paragraphs.map((text) => `<p>${escaped(text)}</p>\n`).join('')}${tables.map(tableHtml).join('')}`,
  );
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`${title} ${site} ${from} – ${to}`)}</title>
<style>body{font-family:"Noto Sans SC","Noto Sans CJK SC",sans-serif;max-width:72em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%;margin:1em 0}th,td{border:1px solid #888;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere;white-space:pre-line}th{background:#eef}.fine{font-size:70%;font-family:monospace}dt{font-weight:bold}</style>
<h1>${escaped(title)}</h1>
<dl>
${cover.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join('\n')}
</dl>
${body.join('\n')}
</html>
`;
}

function tableHtml({ columns, rows, isFine }: Table): string {
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  const head = row(
    'th',
    columns.map(({ title }) => title),
  );
  return `<table${isFine ? ' class="fine"' : ''}>\n${head}\n${rows.map((cells) => row('td', cells)).join('\n')}\n</table>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
