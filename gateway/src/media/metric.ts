/** One figure as Prometheus reads it (text format 0.0.4). Pure. */

/** Suffix or labels, and the value. */
export type Row = readonly [suffix: string, value: number];

export function metric(name: string, kind: 'gauge' | 'counter' | 'histogram', help: string, rows: readonly Row[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...rows.map(([suffix, value]) => `${name}${suffix} ${value}`), ''].join('\n');
}
