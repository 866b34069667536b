/** Settings of machines that prove themselves by a client certificate. */
import { Type } from 'typebox';
import { group, text } from './config-field.ts';

/** Those a token may have too: no second factor, nothing a person must answer for. */
const MachinePermission = Type.Union([
  Type.Literal('site.read'),
  Type.Literal('recording.read'),
  Type.Literal('audit.read'),
  Type.Literal('users.read'),
  Type.Literal('sessions.read'),
  Type.Literal('cloud.read'),
]);

export const MachineSettings = group('Machines that come in over HTTPS by a client certificate (mutual TLS).', {
  caFile: text('', 'PEM of the authority that issues their certificates, and of no other; empty: none comes in so.'),
  clients: Type.Array(
    Type.Object(
      {
        name: text('', 'Common name of the certificate.', { pattern: '^[a-z][a-z0-9._-]{0,47}$' }),
        permissions: Type.Array(MachinePermission, { default: ['site.read'], maxItems: 6, description: 'What it may do.' }),
      },
      { additionalProperties: false },
    ),
    { default: [], maxItems: 64, description: 'Machines that may come in.' },
  ),
});
