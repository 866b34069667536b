/**
 * Every setting of a site: default, range, unit and one sentence, written once. `docs/configuration.md` and the example file are made
 * from here; the loader is `site-file.ts`. Paths are relative to the data folder unless absolute.
 */
import { type Static, Type } from 'typebox';
import { group, PLAIN_NAME, port, srtp, text, whole } from './config-field.ts';
import { BackupSettings } from './backup-config.ts';
import { BUSINESS_LINES } from './business-lines.ts';
import { CallbackSettings } from './callback-config.ts';
import { AlarmSettings } from './alarms.ts';
import { AuditSettings, SiemSettings } from './audit-config.ts';
import { LdapSettings } from './ldap-config.ts';
import { MachineSettings } from './machine-config.ts';
import { DOWNLINK_KEY_PATTERN } from './downlink-key.ts';
import { OidcSettings } from './oidc-config.ts';
import { OverloadSettings } from './overload-config.ts';
import { FeatureCodes, ParkingSettings, SecretHooks } from './features-config.ts';
import { recordingFields } from './recording-policy.ts';
import { Sip } from './sip-config.ts';

const Agent = Type.Object(
  {
    id: text('', 'Sign-in name.', { pattern: '^[a-z][a-z0-9._-]{0,47}$' }),
    name: text('', 'Name shown on the desk.'),
    skills: Type.Array(Type.String({ maxLength: 64 }), { default: [], maxItems: 32, description: 'Skills of this agent.' }),
    queues: Type.Array(Type.String({ maxLength: 64 }), { default: ['service'], maxItems: 32, description: 'Queues this agent serves.' }),
    phone: text('', 'SIP URI of a desk phone with a static address; `registered` for one that registers here; empty for the browser.'),
  },
  { additionalProperties: false },
);

const businessLine = (description: string) =>
  Type.Union(
    BUSINESS_LINES.map((line) => Type.Literal(line)),
    { default: 'service', description },
  );

const Queue = Type.Object(
  {
    name: text('service', 'Name of the queue: words and short numbers.', PLAIN_NAME),
    maxWaiting: whole(500, 1, 10_000, 'Calls that may wait; more take the overflow of the flow.'),
    maxWaitSeconds: whole(900, 5, 7200, 'Longest wait in seconds before the overflow of the flow is taken.'),
    offerSeconds: whole(20, 3, 120, 'How long one agent is rung, in seconds.'),
    wrapUpSeconds: whole(300, 5, 3600, 'Longest wrap-up in seconds; then the agent becomes not ready and the disposition is `none_given`.'),
    businessLine: businessLine('Line of business, which decides how long recordings are kept (`./keepline retention show`).'),
    ...recordingFields('talks of this queue'),
  },
  { additionalProperties: false },
);

/** One by one, so that the type of the settings knows them; a test compares them with the acts there are. */
const FourEyesAct = Type.Union([
  Type.Literal('number.unmask'),
  Type.Literal('recording.export'),
  Type.Literal('recording.delete'),
  Type.Literal('retention.change'),
  Type.Literal('key.export'),
  Type.Literal('policy.change'),
]);

export const SiteConfig = Type.Object(
  {
    site: text('demo', 'Name of the site; part of every subject and event.', { pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    language: Type.Union([Type.Literal('zh'), Type.Literal('en')], {
      default: 'zh',
      description: 'Language of prompts and of the desk at first sight.',
    }),
    network: group('Addresses this machine is reached at.', {
      address: text(
        '127.0.0.1',
        'IPv4 address for SIP, RTP and WebRTC; set the address of the voice network to serve more than this machine.',
      ),
    }),
    sip: Sip,
    media: group('Audio.', {
      rtpPortMin: port(30_000, 'First UDP port for RTP (even).'),
      rtpPortMax: port(31_999, 'Last UDP port for RTP.'),
      edgeWorkers: whole(1, 1, 64, 'Worker threads that carry RTP; calls are spread over them.'),
      webRtcPort: port(44_400, 'UDP port browsers send media to; 0 takes a free one.'),
      rtpTimeoutSeconds: whole(30, 5, 600, 'Silence on the wire, outside hold, after which a leg is taken as lost.'),
      reorderMs: whole(60, 0, 500, 'How long the recorder waits for a late packet.'),
      mosAlarm: Type.Number({
        default: 3,
        minimum: 0,
        maximum: 4.5,
        description: 'Estimated voice quality (MOS, ITU-T G.107) below which a leg raises VOICE_QUALITY_LOW after 20 s; 0 never.',
      }),
      phoneSrtp: srtp('Encrypted sound (SRTP) to the SIP phones of agents, as `srtp` of a trunk.'),
      srtpKeysWithoutTls: Type.Boolean({
        default: false,
        description:
          'Names SRTP keys over UDP and TCP too, where whoever reads the signalling can decrypt the sound; for a network that is protected by other means.',
      }),
    }),
    web: group('HTTP and WebSocket doors.', {
      httpPort: port(8080, 'HTTP on the loopback address only; 0 takes a free one.'),
      httpsPort: port(8443, 'HTTPS on `network.address` with the certificate of the site; 0 takes a free one.'),
      sessionIdleMinutes: whole(30, 1, 720, 'A session without a request for this long ends.'),
      sessionHours: whole(12, 1, 72, 'A session ends after this long in any case.'),
    }),
    identity: group('Accounts and sign-in (docs/identity.md).', {
      passwordMinLength: whole(12, 8, 64, 'Shortest password, in characters, with three of four classes; 20 and more need no classes.'),
      passwordHistory: whole(5, 0, 24, 'Former passwords that may not be taken again.'),
      passwordDays: whole(90, 1, 3650, 'A password of a privileged role must be changed after this many days.'),
      lockAfterFailures: whole(5, 3, 20, 'Failures in a row, of password or second factor, that lock an account.'),
      lockMinutes: whole(15, 1, 1440, 'How long a locked account stays locked, in minutes; a security administrator may unlock it.'),
      enrolmentHours: whole(72, 1, 720, 'How long a one-time enrolment code can be used, in hours.'),
      sessionsPerUser: whole(1, 1, 10, 'Sessions one person may have at once; another sign-in ends the oldest. Agents have one.'),
      relyingPartyId: text('localhost', 'Host name passkeys are bound to (WebAuthn RP ID); changing it makes enrolled passkeys useless.'),
      sources: Type.Array(
        Type.Object(
          {
            role: text('system_admin', 'Role the limit is for.', { pattern: '^[a-z_]+$' }),
            networks: Type.Array(Type.String({ maxLength: 64 }), {
              default: ['127.0.0.1/32'],
              minItems: 1,
              maxItems: 64,
              description: 'Networks (CIDR) this role may sign in from.',
            }),
          },
          { additionalProperties: false },
        ),
        { default: [], maxItems: 16, description: 'Where a role may sign in from; a role without a row may from anywhere.' },
      ),
      ldap: LdapSettings,
      oidc: OidcSettings,
      machines: MachineSettings,
      fourEyes: Type.Array(FourEyesAct, {
        default: [],
        maxItems: 6,
        description: 'Acts that need the approval of a second person; `./keepline install` writes all six into the file of a new site.',
      }),
    }),
    flow: text('flows/main.yaml', 'File of the IVR flow; when it is missing the sample flow is written there at first start.'),
    queues: Type.Array(Queue, { default: [{}], minItems: 1, maxItems: 64, description: 'Queues of the site.' }),
    agents: Type.Array(Agent, {
      default: [
        { id: 'agent1', name: '李静', skills: ['service', 'cards'], queues: ['service'] },
        { id: 'agent2', name: '王强', skills: ['service', 'loans'], queues: ['service'] },
      ],
      maxItems: 2000,
      description:
        'Agents of the site. First passwords are generated, shown by `./keepline up` and kept in `first-passwords.json` until each agent has set one of their own.',
    }),
    reasons: Type.Array(Type.String({ maxLength: 48 }), {
      default: ['break', 'training', 'meeting', 'lunch'],
      maxItems: 32,
      description: 'Reasons for not ready.',
    }),
    dispositions: Type.Array(Type.String({ maxLength: 48 }), {
      default: ['resolved', 'follow_up', 'transferred_out', 'wrong_number', 'complaint'],
      minItems: 1,
      maxItems: 64,
      description: 'Outcomes of which an agent must choose one after each call.',
    }),
    dialling: group('Calls out: by click, by consultation and by transfer.', {
      allowed: Type.Array(Type.String({ pattern: '^([+]?[0-9]{0,15})$' }), {
        default: [],
        maxItems: 64,
        description:
          'Beginnings of the numbers that may be dialled, as dialled in the country: `1` mobiles, `010` Beijing, `400`, `00` abroad; a foreign number needs one that begins with 00. Empty: nobody dials out. Emergency numbers are never dialled from a desk.',
      }),
      ringSeconds: whole(45, 5, 180, 'How long an outside number is rung, over all trunks tried, in seconds.'),
      ...recordingFields('calls out that belong to no queue'),
    }),
    callback: CallbackSettings,
    parking: ParkingSettings,
    featureCodes: FeatureCodes,
    secretHooks: SecretHooks,
    supervision: group('Supervisors in the calls of agents.', {
      announce: Type.Boolean({ default: true, description: 'The desk of the agent shows that and how a supervisor is in the call.' }),
      recordWhisper: Type.Boolean({
        default: true,
        description:
          'What a supervisor whispers to the agent is recorded on the side of the agent; monitoring never is, joining always is.',
      }),
    }),
    recording: group('Recording.', {
      minFreeMegabytes: whole(512, 16, 1_000_000, 'With less free space, new calls are answered 503 before audio is lost.'),
      maxPauseSeconds: whole(
        120,
        10,
        900,
        'Longest pause for a card number or a PIN, seconds; a forgotten one ends by itself and the agent is told.',
      ),
    }),
    retention: group('How long recordings and the customer data of calls are kept.', {
      automatic: Type.Boolean({
        default: false,
        description:
          'Deletes what is over by itself; else only `./keepline retention run` does. Set it once the compliance officer has confirmed the periods (`./keepline retention show`).',
      }),
      schedule: text('30 2 * * *', 'When that happens, as a cron expression in the time zone of the machine.'),
      perRun: whole(500, 1, 10_000, 'Recordings deleted in one run, at most; the rest waits for the next.'),
      lines: Type.Array(
        Type.Object(
          { line: businessLine('The line.'), months: whole(24, 1, 1200, 'How long, in months.') },
          { additionalProperties: false },
        ),
        { default: [], maxItems: 16, description: 'Own periods in months; shorter than the law is refused at start.' },
      ),
    }),
    backup: BackupSettings,
    advice: group('Advice from the cloud.', {
      deadlineMs: whole(150, 50, 2000, 'How long a routing decision may wait for advice, ms.'),
      hedgeMs: whole(
        0,
        0,
        2000,
        'Wait before a question is asked a second time, of another instance of the service, ms; 0 never asks twice.',
      ),
      breakerFailures: whole(3, 1, 100, 'Failures in a row that open the breaker.'),
      breakerRetryMs: whole(5000, 100, 600_000, 'Wait before one request may try again, ms.'),
    }),
    cloud: group('The cloud link.', {
      servers: Type.Array(Type.String({ maxLength: 256 }), {
        default: ['nats://127.0.0.1:4222'],
        maxItems: 16,
        description: 'NATS servers of the cloud side; empty works without a cloud.',
      }),
      caFile: text('', 'Certificate authority for TLS; empty uses the scheme of the server URL without a private CA.'),
      credentials: Type.Union([Type.Literal('jwt'), Type.Literal('mtls'), Type.Literal('any')], {
        default: 'jwt',
        description:
          'How the site proves itself: `jwt` (NATS user JWT and nkey), `mtls` (client certificate), or `any` kind found in the credentials file.',
      }),
      heartbeatMs: whole(1000, 100, 60_000, 'Interval of own heartbeats, ms.'),
      heartbeatMisses: whole(3, 1, 20, 'Missed heartbeats after which the link is down.'),
      stableSeconds: whole(60, 1, 3600, 'How long the link must be stable before it counts as up again.'),
      batchEvents: whole(1024, 1, 4096, 'Events in flight to JetStream at once, at most; a slow line gets fewer.'),
      outboxMaxEvents: whole(
        10_000_000,
        1000,
        100_000_000,
        'Events kept for the cloud; beyond this quality samples expire first, call records last, each counted.',
      ),
      outboxMaxBytes: whole(
        8_589_934_592,
        1_048_576,
        1_099_511_627_776,
        'Bytes of events kept for the cloud, as JSON; the file is about twice as large. Beyond this they expire as above.',
      ),
      deskServices: Type.Array(Type.Union([Type.Literal('assist'), Type.Literal('summary'), Type.Literal('qa')]), {
        default: [],
        maxItems: 3,
        description:
          'AI services desks may ask about a text an agent types; personal data is recognised and taken out before. Recognition is not certainty, so a site decides: empty offers none.',
      }),
      outboxMaxAgeDays: whole(180, 1, 3650, 'Days an event may wait for the cloud; an older one expires whatever it is, counted.'),
    }),
    downlink: group('What the cloud may propose; nothing of it takes effect without an approval here.', {
      keys: Type.Array(Type.String({ pattern: DOWNLINK_KEY_PATTERN }), {
        default: [],
        maxItems: 8,
        description:
          'Public keys whose proposals are taken, as `name:base64` (Ed25519); several while one is replaced. Empty refuses every proposal.',
      }),
      autoApply: Type.Array(Type.Union([Type.Literal('skills.table'), Type.Literal('knowledge.snapshot')]), {
        default: [],
        maxItems: 2,
        description: 'Kinds that are applied without a person; a flow never is.',
      }),
      keepPerKind: whole(16, 2, 64, 'Proposals kept per kind; the oldest undecided one is dropped for a newer.'),
    }),
    anonymisation: group('Pseudonyms in what leaves the site.', {
      hash: Type.Union([Type.Literal('sha256'), Type.Literal('sm3')], {
        default: 'sha256',
        description: 'Hash of the HMAC that makes pseudonyms; a change ends all correlation with earlier ones.',
      }),
      epochDays: whole(90, 1, 366, 'How long a caller keeps a pseudonym, days; a change begins new epochs.'),
    }),
    overload: OverloadSettings,
    alarms: AlarmSettings,
    audit: AuditSettings,
    siem: SiemSettings,
    log: group('Logs.', {
      level: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')], {
        default: 'info',
        description: 'Least severe level that is written.',
      }),
    }),
    shutdownSeconds: whole(30, 0, 600, 'How long calls in progress may go on after a stop was asked for.'),
  },
  { additionalProperties: false, default: {} },
);
export type SiteConfig = Static<typeof SiteConfig>;
export type TrunkConfig = SiteConfig['sip']['trunks'][number];
export type QueueConfig = SiteConfig['queues'][number];
export type AgentConfig = SiteConfig['agents'][number];
