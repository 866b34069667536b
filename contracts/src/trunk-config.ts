/** Settings of one trunk, part of `site-config.ts`. */
import { Type } from 'typebox';
import { PLAIN_NAME, srtp, text, whole } from './config-field.ts';

export const Trunk = Type.Object(
  {
    name: text('local', 'Name of the trunk in events and reports: words and short numbers.', PLAIN_NAME),
    sources: Type.Array(Type.String({ maxLength: 64 }), {
      default: ['127.0.0.1/32'],
      maxItems: 64,
      description: 'Source addresses (CIDR) this trunk may send from; requests from anywhere else are refused.',
    }),
    maxCalls: whole(200, 1, 5000, 'Calls in progress this trunk may have; more are answered 503.'),
    maxCallsPerSecond: whole(50, 1, 1000, 'New calls per second this trunk may offer; more are answered 503.'),
    tlsNames: Type.Array(Type.String({ maxLength: 253 }), {
      default: [],
      maxItems: 16,
      description: 'Names in the certificate of the far end (RFC 5922) by which it is known whatever its address; needs `sip.tls`.',
    }),
    digest: Type.Boolean({
      default: false,
      description: 'Calls of this trunk prove themselves by user name and password (`sip.secretsFile`), from any address.',
    }),
    target: text('', 'SIP URI of the far end, for calls out, OPTIONS and REGISTER; empty for a trunk that only brings calls.'),
    priority: whole(10, 0, 65_535, 'Calls out try trunks of the lowest priority first.'),
    weight: whole(10, 0, 65_535, 'Share of calls out among trunks of one priority.'),
    healthSeconds: whole(30, 0, 3600, 'Interval of OPTIONS to `target`, seconds; 0 sends none.'),
    register: Type.Boolean({ default: false, description: 'Registers the site at `target`, as some carriers ask.' }),
    registerSeconds: whole(600, 60, 86_400, 'Lifetime of that registration, seconds; it is refreshed well before.'),
    trustIdentity: Type.Boolean({
      default: false,
      description: 'The far end is inside the trust domain of RFC 3325: its P-Asserted-Identity, Privacy and diversions count.',
    }),
    areaCode: text('', 'Area code of the numbers behind this trunk, without 0, such as 10 or 571.', { pattern: '^([1-9][0-9]{1,2})?$' }),
    outbound: Type.Union([Type.Literal('e164'), Type.Literal('national'), Type.Literal('local')], {
      default: 'national',
      description: 'How this trunk wants numbers dialled: +8610…, 010…, or without the own area code.',
    }),
    callerId: text('', 'Number shown to those called over this trunk; empty shows the name of the site.', { pattern: '^[+]?[0-9]{0,15}$' }),
    redirects: Type.Union([Type.Literal('refuse'), Type.Literal('numbers')], {
      default: 'refuse',
      description:
        'Whether the far end may send a call out on to another number (3xx): `numbers` follows at its own host, to what `dialling.allowed` begins.',
    }),
    replaces: Type.Boolean({
      default: false,
      description:
        'The far end may put another call in the place of one it has here (INVITE with Replaces, RFC 3891): an attended transfer of a PBX towards this site.',
    }),
    prefix: text('', 'Digits for an outside line, in front of every number dialled.', { pattern: '^[0-9]{0,6}$' }),
    siprec: Type.Boolean({
      default: false,
      description: 'The far end may fork its calls here to be recorded (SIPREC, RFC 7866): a PBX or SBC as recording client.',
    }),
    srtp: srtp('Encrypted sound (SRTP) on this trunk: `required` refuses calls without it, `preferred` takes it where both sides can.'),
  },
  { additionalProperties: false },
);
