/** Settings of the audit log and of its export to the SIEMs of the bank; part of `site-config.ts`. */
import { Type } from 'typebox';
import { group, text, whole } from './config-field.ts';

export const AuditSettings = group('The audit log.', {
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
