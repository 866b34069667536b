/**
 * What was measured on a running site, as plain JSON: the one input of every judgement. What could not be measured says why; nothing in here is
 * personal data or a secret. Times are ISO 8601 in UTC, ages in days, sizes in bytes unless the name says otherwise.
 */
export type Measured<T> = { readonly measured: true; readonly value: T } | { readonly measured: false; readonly why: string };

/** A socket that waits for others (TCP LISTEN, or a bound UDP port). */
export interface Door {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** Whether a process of this site holds it. */
  readonly isOurs: boolean;
  /** Name of the process; '' when it cannot be seen. */
  readonly process: string;
}
/** One TCP door of the site, tried with real handshakes. */
export interface TlsTrial {
  readonly address: string;
  readonly port: number;
  /** Versions that were accepted, such as `TLSv1.3`; empty for a door without TLS. */
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
  readonly suite: string;
  readonly certificateDaysLeft: number | null;
  readonly answersClearText: boolean;
}
export interface CloudEnd {
  readonly server: string;
  readonly reached: boolean;
  readonly requiresTls: boolean;
}
export interface Connection {
  readonly process: string;
  readonly remote: string;
  readonly port: number;
}
export interface AccountFact {
  readonly id: string;
  readonly roles: readonly string[];
  readonly isPrivileged: boolean;
  readonly isDisabled: boolean;
  readonly factors: readonly string[];
  /** Null without a password. */
  readonly passwordAgeDays: number | null;
  /** Such as `argon2id m=19456 t=2 p=1`; '' when the hash is of another kind. */
  readonly hash: string;
  readonly isEnrolmentCode: boolean;
  readonly matchesDefaultPassword: boolean;
  /** Since its last successful sign-in in the audit log; null when there is none. */
  readonly unusedDays: number | null;
}
export interface SessionFact {
  readonly user: string;
  readonly isPrivileged: boolean;
  readonly idleMinutes: number;
  readonly ageMinutes: number;
  readonly factorProven: boolean;
  readonly from: string;
}
export interface AuditFact {
  readonly ok: boolean;
  readonly fault: string;
  readonly entries: number;
  readonly checkpoints: number;
  readonly root: string;
  /** Number of the entry whose inclusion proof was made and verified. */
  readonly provenEntry: number;
  readonly incomplete: number;
  readonly outOfOrder: number;
  readonly intentsWithoutOutcome: number;
  readonly oldest: string;
  /** Entries that went by the rules of the site, the time of the youngest of them and when they went; null while all are kept. */
  readonly pruned: { readonly entries: number; readonly newest: string; readonly at: string } | null;
  readonly newest: string;
  /** Files of the log that others than their owner can read or write. */
  readonly laxFiles: readonly string[];
  /** Entries of the period: act → outcome → count. */
  readonly acts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Entries of the period by role and act. */
  readonly byRole: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Actors of the period. */
  readonly actors: readonly string[];
  /** Sign-ins of the period by source address. */
  readonly signInSources: Readonly<Record<string, number>>;
  /** Acts on recordings in the period, and those among them that state a purpose. */
  readonly recordingActs: number;
  readonly recordingActsWithPurpose: number;
}
export interface HostFact {
  readonly wirelessInterfaces: readonly string[];
  readonly interfaces: readonly string[];
  readonly defaultRoutes: number;
  readonly droppedPackets: number;
  readonly load1: number;
  readonly processors: number;
  readonly swapTotalKb: number;
  readonly corePattern: string;
  readonly suidDumpable: string;
  readonly randomizeVaSpace: string;
  readonly freeBytes: number;
  readonly compilers: readonly string[];
  readonly antiVirus: readonly string[];
}
export interface ProcessFact {
  readonly name: string;
  readonly uid: number;
  readonly coreLimit: string;
  readonly noNewPrivileges: boolean;
  readonly seccomp: boolean;
}
export interface FirewallFact {
  readonly rules: number;
  readonly defaultDrop: boolean;
  readonly fiveTupleRules: number;
  readonly statefulRules: number;
  readonly zeroHitRules: number;
  readonly sha256: string;
}
export interface TrustFact {
  readonly secureBoot: string;
  readonly hasTpm: boolean;
}
export interface RecordingFact {
  readonly files: number;
  /** Newest files whose header was read, and those that are age files. */
  readonly looked: number;
  readonly encrypted: number;
  /** Closed recordings whose file was hashed and compared with the ledger. */
  readonly hashed: number;
  readonly hashFaults: readonly string[];
}
export interface StorageFact {
  readonly databaseIsClear: boolean;
  readonly rowsWithCallerNumber: number;
  /** Files of the data folder that others can read or write. */
  readonly laxFiles: readonly string[];
  readonly leftovers: readonly string[];
  readonly firstPasswordFile: boolean;
  readonly keyAgesDays: Readonly<Record<string, number>>;
}
/** The newest backup of a place, opened with the public key of the site; its signature and list hold, or there would be no such fact. */
export interface BackupCopy {
  readonly id: string;
  readonly ageHours: number;
  /** Parts its signed list names, and those of them that lie there with another size or not at all. */
  readonly parts: number;
  readonly absent: number;
  /** Parts that were read whole and compared with their signed hash, and those that differ. */
  readonly hashed: number;
  readonly differing: number;
}
export interface BackupFact {
  /** Of the settings: '' where there is no such place. */
  readonly place: string;
  readonly backups: number;
  /** Null where there is none. */
  readonly newest: BackupCopy | null;
}
/** What the daemon of a pair on this machine says of itself, asked just now. */
export interface PairFact {
  /** Whether this machine belongs to a pair. */
  readonly isSet: boolean;
  /** Null when there is none, or it does not answer. */
  readonly answer: {
    readonly node: string;
    readonly serves: boolean;
    /** Held, of three. */
    readonly votes: number;
    /** The other machine could go on at once. */
    readonly ready: boolean;
    /** Null without a copy. */
    readonly copyAgeSeconds: number | null;
  } | null;
}
export interface OutboxFact {
  readonly scanned: number;
  readonly hits: Readonly<Record<string, number>>;
  /** Events. */
  readonly sent: number;
  readonly quarantined: number;
  readonly waiting: number;
  /** Asked of the cloud, which are no events; absent in evidence from before they were counted. */
  readonly questions?: { readonly sent: number; readonly stopped: number };
}
export interface CallFact {
  readonly calls: number;
  readonly peakConcurrent: number;
  readonly trunks: number;
  readonly trunkLimit: number;
  readonly inProgress: number;
}
export interface AlarmFact {
  readonly raised: number;
  readonly standing: number;
  readonly hasWebhook: boolean;
  /** Alarms the webhook took, and those it should have taken more than ten minutes ago. */
  readonly receipts: number;
  readonly overdue: number;
  /** Targets of the SIEM export, and how many entries the one farthest behind lacks of the newest checkpoint of them all. */
  readonly siemTargets: number;
  readonly siemBehind: number;
}
export interface ComponentFact {
  readonly locked: number;
  readonly installed: number;
  readonly unexpected: readonly string[];
  readonly differing: readonly string[];
  readonly systemPackages: number;
}
export interface ProbeFact {
  /** Status of a request without a session, of one with a malformed body, and of one too long. */
  readonly unauthenticated: number;
  readonly malformed: number;
  readonly oversized: number;
  readonly health: number;
}
/** Limits of the site file the measurements are compared with. */
export interface LimitFact {
  readonly idleMinutes: number;
  readonly sessionMinutes: number;
  readonly passwordDays: number;
  readonly lockAfterFailures: number;
  readonly declaredPorts: readonly string[];
  readonly rtpPorts: readonly [number, number];
  readonly limitedRoles: readonly string[];
}
export interface Attestation {
  readonly item: string;
  readonly by: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly attestedAt: string;
  /** Day, inclusive. */
  readonly validUntil: string;
}

export interface Facts {
  readonly version: 1;
  readonly site: string;
  /** Days `yyyy-mm-dd` of the period, both included, China Standard Time. */
  readonly from: string;
  readonly to: string;
  readonly takenAt: string;
  readonly limits: LimitFact;
  readonly doors: Measured<readonly Door[]>;
  readonly tls: Measured<readonly TlsTrial[]>;
  readonly cloud: Measured<readonly CloudEnd[]>;
  readonly connections: Measured<readonly Connection[]>;
  readonly accounts: Measured<readonly AccountFact[]>;
  readonly sessions: Measured<readonly SessionFact[]>;
  readonly lockedAccounts: Measured<number>;
  readonly overLimitTallies: Measured<number>;
  readonly audit: Measured<AuditFact>;
  readonly host: Measured<HostFact>;
  readonly processes: Measured<readonly ProcessFact[]>;
  readonly firewall: Measured<FirewallFact>;
  readonly clockOffsetMs: Measured<number>;
  readonly trust: Measured<TrustFact>;
  readonly recordings: Measured<RecordingFact>;
  readonly storage: Measured<StorageFact>;
  readonly backups: Measured<BackupFact>;
  /** The copy in another building. */
  readonly offsite: Measured<BackupFact>;
  readonly pair: Measured<PairFact>;
  readonly outbox: Measured<OutboxFact>;
  readonly calls: Measured<CallFact>;
  readonly alarms: Measured<AlarmFact>;
  readonly components: Measured<ComponentFact>;
  readonly probe: Measured<ProbeFact>;
  readonly policy: Measured<{ readonly version: number; readonly hash: string; readonly labelledFields: number }>;
  readonly attestations: readonly Attestation[];
}
