/** Facts of a small site as a measurement gives them, for tests: most is as it should be; the firewall could not be read, one session is too old. */
import type { Clock } from '@keepline/contracts/clock';
import { AuditLog } from '../../audit/audit-log.ts';
import type { NoteSigner } from '../../tlog/signed-note.ts';
import { type Evidence, sealEvidence } from '../evidence.ts';
import type { AccountFact, BackupCopy, Facts, Measured } from '../facts.ts';

/** When these facts were taken, ms. */
export const TAKEN_MS = Date.UTC(2026, 10, 20, 3, 4, 5);
const measured = <T>(value: T): Measured<T> => ({ measured: true, value });
const account = (id: string, ...roles: string[]): AccountFact => ({
  id,
  roles,
  isPrivileged: true,
  isDisabled: false,
  factors: ['totp'],
  passwordAgeDays: 12,
  hash: 'argon2id m=19456 t=2 p=1',
  isEnrolmentCode: false,
  matchesDefaultPassword: false,
  unusedDays: 1,
});

const copy: BackupCopy = { id: '20261119T193000Z-0a1b2c3d', ageHours: 7, parts: 41, absent: 0, hashed: 12, differing: 0 };

export const sampleFacts: Facts = {
  version: 1,
  site: 'demo-bank',
  from: '2026-11-01',
  to: '2026-11-20',
  takenAt: new Date(TAKEN_MS).toISOString(),
  limits: {
    idleMinutes: 15,
    sessionMinutes: 720,
    passwordDays: 90,
    lockAfterFailures: 5,
    declaredPorts: ['tcp:5060', 'tcp:8443', 'udp:5060'],
    rtpPorts: [20_000, 20_999],
    limitedRoles: ['system_admin'],
  },
  doors: measured([
    { protocol: 'tcp', address: '10.0.0.5', port: 8443, isOurs: true, process: 'node' },
    { protocol: 'udp', address: '10.0.0.5', port: 5060, isOurs: true, process: 'node' },
  ]),
  tls: measured([
    {
      address: '10.0.0.5',
      port: 8443,
      accepted: ['TLSv1.2', 'TLSv1.3'],
      refused: ['TLSv1', 'TLSv1.1'],
      suite: 'TLS_AES_256_GCM_SHA384',
      certificateDaysLeft: 300,
      answersClearText: false,
    },
  ]),
  cloud: measured([{ server: 'tls://hub.bank.example:4222', reached: true, requiresTls: true }]),
  connections: measured([{ process: 'node', remote: '203.0.113.9', port: 4222 }]),
  accounts: measured([account('li.wei', 'system_admin'), account('wang.fang', 'security_admin'), account('zhao.min', 'audit_admin')]),
  sessions: measured([{ user: 'li.wei', isPrivileged: true, idleMinutes: 400, ageMinutes: 500, factorProven: true, from: '10.0.0.20' }]),
  lockedAccounts: measured(0),
  overLimitTallies: measured(0),
  audit: measured({
    ok: true,
    fault: '',
    entries: 2507,
    checkpoints: 11,
    root: 'q6vyk5Y0i5mYv3nT3cX9m2nU6wz0v1rG6cS3cZ0b2mE=',
    provenEntry: 1201,
    incomplete: 0,
    outOfOrder: 0,
    intentsWithoutOutcome: 0,
    oldest: '2026-03-01T00:00:00.000Z',
    pruned: null,
    newest: '2026-11-20T03:00:00.000Z',
    laxFiles: [],
    acts: { 'agent.sign_in': { done: 210, failed: 3 }, 'user.roles': { done: 1 } },
    byRole: { system_admin: { 'agent.sign_in': 4 } },
    actors: ['li.wei', 'wang.fang', 'zhao.min'],
    signInSources: { '10.0.0.20': 210 },
    recordingActs: 8,
    recordingActsWithPurpose: 8,
  }),
  host: measured({
    wirelessInterfaces: [],
    interfaces: ['eth0', 'lo'],
    defaultRoutes: 1,
    droppedPackets: 0,
    load1: 0.4,
    processors: 4,
    swapTotalKb: 0,
    corePattern: '|/bin/false',
    suidDumpable: '0',
    randomizeVaSpace: '2',
    freeBytes: 90_000_000_000,
    compilers: [],
    antiVirus: [],
  }),
  processes: measured([{ name: 'node', uid: 990, coreLimit: '0', noNewPrivileges: true, seccomp: true }]),
  firewall: { measured: false, why: 'nft failed: Operation not permitted' },
  clockOffsetMs: measured(3),
  trust: measured({ secureBoot: 'enabled', hasTpm: true }),
  recordings: measured({ files: 12, looked: 12, encrypted: 12, hashed: 12, hashFaults: [] }),
  storage: measured({
    databaseIsClear: false,
    rowsWithCallerNumber: 0,
    laxFiles: [],
    leftovers: [],
    firstPasswordFile: false,
    keyAgesDays: { 'audit-signing': 30 },
  }),
  backups: measured({ place: '/backup', backups: 14, newest: copy }),
  offsite: measured({ place: 'keepline@vault.bank.example', backups: 14, newest: { ...copy, hashed: 1 } }),
  pair: measured({ isSet: true, answer: { node: 'a', serves: true, votes: 3, ready: true, copyAgeSeconds: 1.2 } }),
  outbox: measured({ scanned: 40, hits: {}, sent: 900, quarantined: 0, waiting: 40 }),
  calls: measured({ calls: 300, peakConcurrent: 9, trunks: 1, trunkLimit: 30, inProgress: 2 }),
  alarms: measured({ raised: 3, standing: 0, hasWebhook: true, receipts: 3, overdue: 0, siemTargets: 1, siemBehind: 0 }),
  components: measured({ locked: 300, installed: 300, unexpected: [], differing: [], systemPackages: 180 }),
  probe: measured({ unauthenticated: 401, malformed: 400, oversized: 413, health: 200 }),
  policy: measured({ version: 1, hash: 'ab'.repeat(32), labelledFields: 120 }),
  attestations: [
    {
      item: '8.1.2.1.a',
      by: '=SUM(A1) 网络部',
      sha256: 'cd'.repeat(32),
      bytes: 2,
      attestedAt: '2026-11-01T00:00:00.000Z',
      validUntil: '2027-11-01',
    },
  ],
};

/** @param dir of a new audit log, which the proofs come from @returns sealed as on a site */
export async function sampleEvidence(dir: string, signer: NoteSigner, clock: Clock): Promise<Evidence> {
  const log = await AuditLog.open({
    dir,
    signer,
    clock,
    onFault: (fault) => {
      throw fault;
    },
  });
  try {
    const who = { who: 'os:test', role: 'operator', from: 'console', object: '', purpose: '', correlation: 'act-1' };
    return await sealEvidence(sampleFacts, log, dir, signer.verifierKey, who);
  } finally {
    await log.close();
  }
}
