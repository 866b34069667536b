/** Compliance reports as the API and the pages name them: which there are, in which forms, and what a run of one tells. Wall times in ms since 1970. */
import { type Static, Type } from 'typebox';

export const REPORT_KINDS = ['mlps', 'access', 'recordings', 'privileged', 'sign-ins', 'keys', 'egress'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];
/** `oscal` is for `mlps` only: six files. */
export const REPORT_RUN_FORMS = ['pdf', 'csv', 'json', 'html', 'oscal'] as const;
export type ReportRunForm = (typeof REPORT_RUN_FORMS)[number];

/** A day as `yyyy-mm-dd`, China Standard Time. */
export const ReportDay = Type.String({ pattern: '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])$' });

/** What a report is asked for by. */
export const ReportOrder = Type.Object(
  {
    kind: Type.Enum([...REPORT_KINDS]),
    form: Type.Enum([...REPORT_RUN_FORMS]),
    language: Type.Enum(['zh', 'en'] as const),
    from: ReportDay,
    to: ReportDay,
    /** Asked for in words, so that a reviewer of the audit log understands the act years later. */
    purpose: Type.String({ minLength: 3, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' }),
  },
  { additionalProperties: false },
);
export type ReportOrder = Static<typeof ReportOrder>;

export const ReportRun = Type.Object({
  id: Type.String({ description: 'rpt- and a UUIDv7.' }),
  kind: Type.Enum([...REPORT_KINDS]),
  form: Type.Enum([...REPORT_RUN_FORMS]),
  language: Type.Enum(['zh', 'en'] as const),
  from: Type.String(),
  to: Type.String(),
  by: Type.String({ description: 'Account that asked for it.' }),
  startedAtMs: Type.Number(),
  /** 0 while it runs. */
  endedAtMs: Type.Number(),
  state: Type.Enum(['running', 'done', 'failed'] as const),
  /** Code of the fault of one that failed; else ''. */
  fault: Type.String(),
  /** The report, one file or six, and last its signature; empty until it is done. */
  files: Type.Array(Type.Object({ name: Type.String(), bytes: Type.Integer(), sha256: Type.String() })),
});
export type ReportRun = Static<typeof ReportRun>;

const Count = Type.Integer({ minimum: 0 });
/** What the newest evidence of the site shows, by how an item can be measured. */
export const ReportCoverage = Type.Object({
  takenAt: Type.String({ description: 'ISO 8601' }),
  items: Count,
  verdicts: Type.Record(Type.String(), Count),
  automatic: Type.Object({ items: Count, measured: Count, met: Count }),
  partly: Type.Object({ items: Count, collected: Count, attested: Count, met: Count }),
});
export type ReportCoverage = Static<typeof ReportCoverage>;
