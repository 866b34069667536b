/**
 * Takes every checkpoint of the audit log to those who keep watch over it outside: the witnesses, and the SIEMs with the entries it covers.
 * Neither holds up an append: both follow behind, and what they cannot deliver stays in the log.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { witnessVerifier } from '@keepline/compliance/cosignature';
import type { NoteVerifier } from '@keepline/compliance/note';
import { SiemExport, type SiemRecord } from '@keepline/compliance/siem';
import { targetOf } from '@keepline/compliance/siem-target';
import { WitnessClient } from '@keepline/compliance/witness';
import type { Clock } from '@keepline/contracts/clock';
import type { KeeplineError } from '@keepline/contracts/errors';
import type { SiteConfig } from '@keepline/contracts/site-config';

export interface AuditWatchParts {
  readonly site: Pick<SiteConfig, 'audit' | 'siem'>;
  /** Data folder; the log lies in `audit` there. */
  readonly data: string;
  /** Of the log, always as its key is now. */
  readonly verifier: NoteVerifier;
  /** Notes by which one key of the log handed over to the next. */
  readonly handovers: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly onFault: (fault: KeeplineError) => void;
  /** A fork or rollback was found. */
  readonly onAlarm: (fault: KeeplineError) => void;
}

export interface AuditWatch {
  readonly onCheckpoint: (size: number, note: string) => void;
  /** Tells the SIEMs past the log: for when it cannot. */
  tell(record: Omit<SiemRecord, 'origin' | 'number'>): Promise<void>;
  close(): Promise<void>;
}

/** @throws NoteInvalid when the key of a witness is none, or what a TLS file that cannot be read says: at start, not at the first checkpoint */
export function watchAudit({ site, data, verifier, handovers, clock, onFault, onAlarm }: AuditWatchParts): AuditWatch {
  const dir = join(data, 'audit');
  const pem = (path: string): string | undefined =>
    path === '' ? undefined : readFileSync(isAbsolute(path) ? path : join(data, path), 'utf8');
  const { witnesses, witnessQuorum: quorum } = site.audit;
  const witness = new WitnessClient({
    dir,
    witnesses: witnesses.map(({ url, key }) => ({ url, verifier: witnessVerifier(key) })),
    quorum,
    handovers,
    clock,
    onFault,
    onAlarm,
  });
  const targets = site.siem.targets.map(({ name, to, format, caFile, certificateFile, keyFile }) => {
    const [ca, cert, key] = [pem(caFile), pem(certificateFile), pem(keyFile)];
    const tls = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
    return { name, format, target: targetOf(to, tls) };
  });
  const siem = new SiemExport({ dir, verifier, host: hostname(), targets, clock, onFault });
  siem.wake(); // what a former run did not come to send
  return {
    onCheckpoint(size, note) {
      if (witnesses.length > 0) witness.offer(size, note);
      siem.wake();
    },
    // no number: the log has none for it
    tell: (record) => siem.tell({ ...record, origin: verifier.name, number: 0 }),
    async close() {
      await witness.settled();
      await siem.close();
    },
  };
}
