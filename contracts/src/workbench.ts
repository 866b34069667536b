/**
 * What the gateway tells the workbench about cloud link, egress, policy and proposals: the replies of its routes and the types of the pages
 * in one place. Counts and names of fields only; nothing here is personal data. Times are wall ms since 1970.
 */
import { type Static, Type } from 'typebox';
import { DOWNLINK_KINDS } from './downlink.ts';

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

export const LinkState = Type.Enum(['up', 'suspect', 'down', 'probing'] as const);

/** Balance of the egress ledger on this end: produced = delivered + expired + quarantined + waiting + unaccounted. */
export const EgressFigures = Type.Object({
  produced: Count,
  delivered: Count,
  expired: Count,
  quarantined: Count,
  waiting: Count,
  unaccounted: Type.Integer(),
});
export type EgressFigures = Static<typeof EgressFigures>;

export const CloudView = Type.Object({
  link: Type.Object({
    state: LinkState,
    sinceMs: Type.Number(),
    why: Type.String(),
    condition: orNull(Type.String({ description: 'Named condition; its runbook section is LINK_ and the name in capitals.' })),
    backlog: Count,
    oldestUnsentMs: Type.Number({ description: 'Age of the oldest event that waits, ms; 0 when none does.' }),
  }),
  figures: orNull(EgressFigures),
  /** The newest first; empty when `cloud-sync` is away. */
  changes: Type.Array(
    Type.Object({ atMs: Type.Number(), from: LinkState, to: LinkState, why: Type.String(), condition: orNull(Type.String()) }),
  ),
  drill: orNull(
    Type.Object({
      cutAtMs: Type.Number(),
      seconds: Type.Number({ description: 'How long the link was cut.' }),
      passed: Type.Boolean(),
      detectedMs: orNull(Type.Number()),
      callsOffered: Count,
      callsLost: Count,
    }),
  ),
});
export type CloudView = Static<typeof CloudView>;

export const ReconcileReply = Type.Object({
  verdict: Type.Enum(['balanced', 'unbalanced', 'one_sided'] as const),
  figures: EgressFigures,
  stream: orNull(Type.Integer({ description: 'Messages the stream has ever stored; null when it could not be asked.' })),
  difference: orNull(Type.Integer()),
});
export type ReconcileReply = Static<typeof ReconcileReply>;

/** One day and one type of the egress ledger. */
export const EgressDay = Type.Object({
  day: Type.String({ description: 'yyyy-mm-dd, China Standard Time' }),
  type: Type.String(),
  events: Count,
  bytes: Count,
  expired: Count,
  quarantined: Count,
});
export type EgressDay = Static<typeof EgressDay>;
/** Longest span of days one request may ask for. */
export const EGRESS_DAYS_MAX = 366;

export const PolicyView = Type.Object({
  version: Type.Integer(),
  note: Type.String(),
  hash: Type.String({ description: 'SHA-256 of the content, hexadecimal.' }),
  source: Type.Enum(['built-in', 'site'] as const),
  fields: Type.Array(
    Type.Object({
      type: Type.String(),
      field: Type.String(),
      class: Type.Enum(['C1', 'C2', 'C3'] as const),
      leaves: Type.Enum(['nothing', 'pseudonym', 'itself'] as const),
    }),
  ),
  omitted: Type.Array(Type.String({ description: 'Events and fields the policy leaves out: refused whenever they come.' })),
  history: Type.Array(
    Type.Object({
      version: Type.Integer(),
      hash: Type.String(),
      installedMs: Type.Number(),
      note: Type.String(),
      isInForce: Type.Boolean(),
    }),
  ),
  refusals: Type.Array(Type.Object({ type: Type.String(), code: Type.String(), count: Count, lastMs: Type.Number() })),
});
export type PolicyView = Static<typeof PolicyView>;

export const DownlinkKindSchema = Type.Enum([...DOWNLINK_KINDS]);
export const DownlinkView = Type.Object({
  /** The newest first. */
  proposals: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String(),
      version: Type.Integer(),
      key: Type.String({ description: 'Name of the pinned key that signed it.' }),
      receivedMs: Type.Number(),
      bytes: Count,
      decision: Type.Enum(['waiting', 'approved', 'rejected'] as const),
      who: Type.String(),
      reason: Type.String(),
    }),
  ),
  inForce: Type.Array(Type.Object({ kind: DownlinkKindSchema, version: Type.Integer({ description: '0: what site.yaml says.' }) })),
  /** Refused by `cloud-sync` since the site was set up, by reason. */
  refused: Type.Record(Type.String(), Count),
});
export type DownlinkView = Static<typeof DownlinkView>;

export const ProposalReview = Type.Object({
  id: Type.String(),
  kind: DownlinkKindSchema,
  version: Type.Integer(),
  notAfterMs: Type.Number(),
  reason: Type.String(),
  changes: Type.Array(Type.Object({ what: Type.String(), before: orNull(Type.String()), after: orNull(Type.String()) })),
  more: Type.Integer({ description: 'Changes beyond those listed.' }),
});
export type ProposalReview = Static<typeof ProposalReview>;
