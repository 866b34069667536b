/** Settings of the SIP side, part of `site-config.ts`; those of one trunk are in `trunk-config.ts`. */
import { Type } from 'typebox';
import { group, port, text, whole } from './config-field.ts';
import { Trunk } from './trunk-config.ts';

export const Sip = group('SIP side of the gateway.', {
  port: port(5060, 'UDP and TCP port for SIP; 0 takes a free one.'),
  maxMessageBytes: whole(16_384, 1024, 65_535, 'Largest SIP message accepted, bytes.'),
  maxTransactions: whole(10_000, 100, 200_000, 'Open transactions; more are answered 503.'),
  maxTcpConnections: whole(256, 1, 10_000, 'TCP connections from trunks and phones.'),
  addresses: Type.Array(Type.String({ maxLength: 45 }), {
    default: [],
    maxItems: 8,
    description: 'Further addresses of this machine to listen at for SIP, IPv4 or IPv6, beside `network.address`.',
  }),
  tls: group('SIP over TLS 1.2 and 1.3.', {
    enabled: Type.Boolean({ default: false, description: 'Listens for TLS and calls `sips:` and `transport=tls`.' }),
    port: port(5061, 'TCP port for TLS; 0 takes a free one.'),
    certificateFile: text('', 'PEM of the certificate chain; empty uses the certificate of the site.'),
    keyFile: text('', 'PEM of its key, readable by the gateway only.'),
    caFile: text('', 'PEM of the authorities that certify trunks; empty trusts those of the system.'),
    requireCertificate: Type.Boolean({ default: false, description: 'Peers that connect must show a certificate (mutual TLS).' }),
  }),
  dnsServers: Type.Array(Type.String({ maxLength: 64, pattern: '^[0-9a-fA-F.:\\[\\]]+$' }), {
    default: [],
    maxItems: 4,
    description: 'DNS servers asked where trunks are, as `address` or `address:port`; empty asks those of the system.',
  }),
  secretsFile: text(
    'sip-secrets.yaml',
    'User names and passwords of trunks and phones; a file only the gateway may read, never part of this one. May be absent.',
  ),
  digestAlgorithms: Type.Array(Type.Union([Type.Literal('SHA-512-256'), Type.Literal('SHA-256'), Type.Literal('MD5')]), {
    default: ['SHA-256', 'MD5'],
    minItems: 1,
    maxItems: 3,
    description: 'Digest algorithms offered to phones and trunks, the preferred first; older phones need MD5 alone.',
  }),
  staticPhones: Type.Union([Type.Literal('prove'), Type.Literal('address')], {
    default: 'prove',
    description:
      'How an agent’s phone at a static address dials over UDP or TCP: `prove` by its password in `secretsFile`, `address` by its place, on a closed network.',
  }),
  registrar: group('Registrations of agents’ phones.', {
    minSeconds: whole(60, 1, 3600, 'Shortest registration; a shorter one is answered 423.'),
    maxSeconds: whole(3600, 60, 86_400, 'Longest registration; a longer one is cut.'),
    maxContacts: whole(5, 1, 20, 'Phones of one agent; a further one takes the place of the oldest.'),
  }),
  ban: group('Sources that are no trunk and no phone and knock often.', {
    refusals: whole(10, 2, 1000, 'Refused requests that earn a ban.'),
    withinSeconds: whole(60, 1, 3600, 'Time in which they must come.'),
    forSeconds: whole(600, 1, 86_400, 'How long the source gets no answer.'),
  }),
  sourceCallsPerSecond: whole(50, 1, 1000, 'New calls per second one address may offer; more are answered 503.'),
  trunks: Type.Array(Trunk, { default: [{}], minItems: 1, maxItems: 64, description: 'Trunks allowed to offer calls.' }),
});
