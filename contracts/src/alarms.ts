/** Alarms of a site: what stands, how it is shown and where it is taken; the settings are part of `site-config.ts`. Wall times in ms since 1970. */
import { type Static, Type } from 'typebox';
import { group, text } from './config-field.ts';

const Severity = Type.Union([Type.Literal('warning'), Type.Literal('major'), Type.Literal('critical')]);
export type AlarmSeverity = Static<typeof Severity>;

export const AlarmView = Type.Object({
  number: Type.Integer(),
  /** Of the fault, as docs/errors.md explains it. */
  code: Type.String(),
  /** The part concerned, such as `trunk:carrier`; '' when the code says all. Never a person. */
  object: Type.String(),
  severity: Severity,
  message: Type.String(),
  hint: Type.String(),
  raisedAtMs: Type.Integer(),
  lastAtMs: Type.Integer(),
  times: Type.Integer(),
  /** null while it stands. */
  clearedAtMs: Type.Union([Type.Integer(), Type.Null()]),
  /** When the webhook took it; null when it has not, or when there is none. */
  deliveredAtMs: Type.Union([Type.Integer(), Type.Null()]),
});
export type AlarmView = Static<typeof AlarmView>;

export const AlarmSettings = group('Where alarms are taken, beside the page, the log and the SIEMs.', {
  webhook: text('', 'https:// address that every alarm and its end are posted to as JSON; empty for none.', { pattern: '^(|https://.+)$' }),
  caFile: text('', 'PEM of the authorities that certify the receiver; empty trusts those of the system.'),
});

/** What `/ws/alarms` pushes: that the list has changed, and by what. */
export interface AlarmPush {
  readonly is: 'raised' | 'cleared';
  readonly number: number;
  readonly code: string;
  readonly severity: AlarmSeverity;
}
