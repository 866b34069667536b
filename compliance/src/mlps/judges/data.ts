/** 8.1.4.7 to 8.1.4.11.a, data: integrity, confidentiality, backup, residues, personal data. Pure. */
import { check, named } from '../judgement.ts';
import {
  backedUp,
  cloudEncrypted,
  copiedOffsite,
  count,
  ended,
  type Judge,
  logHolds,
  noClearText,
  oldVersionsRefused,
  pairReady,
  restored,
  voiceEncrypted,
} from './checks.ts';

export const dataJudges: Readonly<Record<string, Judge>> = {
  '8.1.4.7.a': (f) => [noClearText(f), oldVersionsRefused(f), voiceEncrypted(f), cloudEncrypted(f)],
  '8.1.4.7.b': (f) => [
    check('与台账哈希不符的录音', 'recordings that differ from the ledger', f.recordings, (r) => [
      `${named(r.hashFaults)} of ${r.hashed} hashed`,
      r.hashFaults.length === 0 && (r.hashed > 0 || r.files === 0),
    ]),
    logHolds(f),
    check('生效策略的哈希', 'hash of the policy in force', f.policy, (p) => [p.hash.slice(0, 16), p.hash !== '']),
  ],
  '8.1.4.8.a': (f) => [noClearText(f), oldVersionsRefused(f), voiceEncrypted(f), cloudEncrypted(f)],
  '8.1.4.8.b': (f) => [
    check('已加密的录音（最新者）', 'recordings encrypted, of the newest', f.recordings, (r) => [
      `${r.encrypted} of ${r.looked} (${r.files} files)`,
      r.encrypted === r.looked,
    ]),
    check('数据库文件为明文', 'the database file is in clear', f.storage, (s) => [
      `${s.databaseIsClear}; ${s.rowsWithCallerNumber} rows with a caller number`,
      !s.databaseIsClear,
    ]),
    check('口令只存哈希', 'passwords only as hashes', f.accounts, (all) => {
      const bad = all.filter(({ hash, passwordAgeDays }) => passwordAgeDays !== null && hash === '');
      return [named(bad.map(({ id }) => id)), bad.length === 0];
    }),
    check('密钥龄（天）', 'age of keys, days', f.storage, (s) => [
      Object.entries(s.keyAgesDays)
        .map(([kind, days]) => `${kind} ${days}`)
        .join(', '),
      null,
    ]),
  ],
  '8.1.4.9.a': (f) => [backedUp(f), restored(f)],
  '8.1.4.9.b': (f) => [copiedOffsite(f)],
  '8.1.4.9.c': (f) => [
    pairReady(f),
    check('期间内的接管与切回', 'takeovers and failbacks in the period', f.audit, (a) => [
      `${count(a, 'pair.takeover') + count(a, 'pair.promote')} / ${ended(a, 'pair.failback')}`,
      null,
    ]),
  ],
  '8.1.4.10.a': (f) => [
    check('核心转储', 'core dumps', f.processes, (list) => {
      const on = list.filter(({ coreLimit }) => coreLimit !== '0');
      return [`${named(on.map(({ name, coreLimit }) => `${name} ${coreLimit}`))} of ${list.length}`, list.length > 0 && on.length === 0];
    }),
    check('交换分区（KB）', 'swap, KB', f.host, (h) => [h.swapTotalKb, h.swapTotalKb === 0]),
    check('越过绝对时限仍在库中的会话', 'session rows kept beyond their end', f.sessions, (all) => {
      const stale = all.filter(({ ageMinutes }) => ageMinutes > f.limits.sessionMinutes + 1).length;
      return [stale, stale === 0];
    }),
    // A process cannot show from outside that it has zeroed its memory: JavaScript strings may be copied by the collector.
    { what: { zh: '内存中密钥清零', en: 'keys zeroed in memory' }, found: 'not measurable from outside the process', holds: undefined },
  ],
  '8.1.4.10.b': (f) => [
    check('遗留的临时文件', 'temporary files left behind', f.storage, (s) => [named(s.leftovers), s.leftovers.length === 0]),
  ],
  '8.1.4.11.a': (f) => [
    check('待发事件中的个人信息', 'personal data in events that wait for the cloud', f.outbox, (o) => [
      `${JSON.stringify(o.hits)} in ${o.scanned} events`,
      Object.keys(o.hits).length === 0,
    ]),
  ],
};
