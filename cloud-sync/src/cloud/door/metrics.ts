/** Figures of the services in the text format of Prometheus (exposition format 0.0.4). Pure. */
import type { Tally } from '../analytics/tally.ts';
import { streamGaps } from '../analytics/tally.ts';
import type { EndpointFigures } from '../services/service-figures.ts';

export interface MetricsInput {
  readonly connected: boolean;
  readonly sites: readonly { readonly site: string; readonly tally: Tally; readonly lag: number | undefined }[];
  readonly endpoints: ReadonlyMap<string, EndpointFigures>;
  /** Tokens of the chat endpoint in this minute and day; undefined without one. */
  readonly tokens: { readonly minute: number; readonly day: number } | undefined;
}

export function metricsText({ connected, sites, endpoints, tokens }: MetricsInput): string {
  const lines: string[] = [];
  const family = (name: string, type: 'counter' | 'gauge', help: string, samples: readonly (readonly [string, number])[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP keepline_${name} ${help}`, `# TYPE keepline_${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`keepline_${name}${labels} ${value}`);
  };
  const bySite = (value: (of: MetricsInput['sites'][number]) => number | undefined): (readonly [string, number])[] =>
    sites.flatMap((one) => {
      const found = value(one);
      return found === undefined ? [] : [[`{site="${escaped(one.site)}"}`, found] as const];
    });
  family('cloud_connected', 'gauge', 'Whether the NATS connection is open.', [['', connected ? 1 : 0]]);
  family(
    'analytics_events',
    'gauge',
    'Events stored.',
    bySite(({ tally }) => tally.events),
  );
  family(
    'analytics_lag_messages',
    'gauge',
    'Messages of the stream not stored yet.',
    bySite(({ lag }) => lag),
  );
  family(
    'analytics_duplicates',
    'gauge',
    'Messages whose event stands in the stream twice.',
    bySite(({ tally }) => tally.duplicates),
  );
  family(
    'analytics_invalid',
    'gauge',
    'Messages that were no event of the site.',
    bySite(({ tally }) => tally.invalid),
  );
  family(
    'analytics_stream_gaps',
    'gauge',
    'Places of the stream without a message.',
    bySite(({ tally }) => streamGaps(tally)),
  );
  family(
    'analytics_site_gaps',
    'gauge',
    'Events named as predecessor that never came.',
    bySite(({ tally }) => tally.siteGaps),
  );
  const each = [...endpoints];
  family(
    'ai_requests_total',
    'counter',
    'Requests by outcome.',
    each.flatMap(([name, { outcomes }]) =>
      Object.entries(outcomes).map(([outcome, n]) => [`{endpoint="${escaped(name)}",outcome="${outcome}"}`, n] as const),
    ),
  );
  family(
    'ai_request_seconds_total',
    'counter',
    'Time spent on requests.',
    each.map(([name, { tookMs }]) => [`{endpoint="${escaped(name)}"}`, tookMs / 1000] as const),
  );
  if (tokens)
    family('ai_tokens', 'gauge', 'Tokens spent or reserved in the current window.', [
      ['{window="minute"}', tokens.minute],
      ['{window="day"}', tokens.day],
    ]);
  return `${lines.join('\n')}\n`;
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
