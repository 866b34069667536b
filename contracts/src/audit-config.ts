/** Settings of the audit log and of its export to the SIEMs of the bank; part of `site-config.ts`. */
import { Type } from 'typebox';
import { group, text, whole } from './config-field.ts';

/** Six months: what a network operator must keep of its logs at least (Cybersecurity Law art. 23(3), formerly art. 21(3)), days. */
export const AUDIT_RETENTION_DAYS_MIN = 183;

export const AuditSettings = group('The audit log.', {
  retentionDays: whole(
    400,
    AUDIT_RETENTION_DAYS_MIN,
    36_500,
    'How long an entry is kept at least, days; under six months is against the law and is refused.',
  ),
  pruneSchedule: text('', 'When older entries are archived and go, cron such as `15 3 * * 0`; empty leaves that to `audit prune`.', {
    maxLength: 64,
  }),
  archive: text('audit-archive', 'Folder of the exports made before pruning; under the data folder unless it begins with a slash.', {
    minLength: 1,
  }),
  exportBeforePrune: Type.Boolean({
    default: true,
    description: 'Entries go only when an export that holds them has been verified.',
  }),
  witnesses: Type.Array(
    Type.Object(
      {
        url: text('', 'Prefix of its submissions, as in https://witness.example; `/add-checkpoint` is put behind it.', {
          pattern: '^https?://',
        }),
        key: text('', 'Its public key, as `audit witness` shows it.', { maxLength: 512 }),
      },
      { additionalProperties: false },
    ),
    { default: [], maxItems: 8, description: 'Witnesses (C2SP tlog-witness) that every checkpoint is brought to.' },
  ),
  witnessQuorum: whole(0, 0, 8, 'How many of them must sign a checkpoint; 0 is all.'),
});

export const SiemSettings = group('Export of the audit log to SIEMs.', {
  targets: Type.Array(
    Type.Object(
      {
        name: text('siem', 'Name of the target; its cursor is kept under it.', { pattern: '^[a-z][a-z0-9-]{0,31}$' }),
        to: text('', 'tls://HOST:6514, tcp://, udp:// (may lose), https://…, http://… or file:///PATH.', {
          pattern: '^(tls|tcp|udp|https?|file)://',
        }),
        format: Type.Union([Type.Literal('rfc5424'), Type.Literal('cef'), Type.Literal('ocsf')], {
          default: 'rfc5424',
          description: 'RFC 5424 structured data, CEF:0, or OCSF 1.3.0.',
        }),
        caFile: text('', 'PEM of the authorities that certify the receiver; empty trusts those of the system.'),
        certificateFile: text('', 'PEM of a client certificate, where the receiver asks for one.'),
        keyFile: text('', 'PEM of its key.'),
      },
      { additionalProperties: false },
    ),
    { default: [], maxItems: 8, description: 'Targets; each gets every entry at least once, and every checkpoint that ends a batch.' },
  ),
});
