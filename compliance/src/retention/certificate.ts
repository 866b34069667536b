/**
 * Deletion certificate: a C2SP signed note under the audit key of the site, one fact per line. It names the entry of the audit log by its
 * correlation; with `./keepline audit prove` an outsider sees that the act was logged when the certificate says. Pure.
 */
import { CertificateNotProven } from './errors.ts';
import { type NoteSigner, openNote, signNote, verifierFrom } from '../tlog/signed-note.ts';

export interface Deletion {
  readonly site: string;
  readonly recordingId: string;
  readonly callId: string;
  readonly recordedMs: number;
  readonly deletedMs: number;
  /** Of the encrypted file, hex; '' when it was never finished. */
  readonly sha256: string;
  readonly bytes: number;
  readonly line: string;
  /** The rule, or the request, by which it went. */
  readonly why: string;
  /** Of the audit entries of the act. */
  readonly correlation: string;
}

const HEAD = 'keepline-deletion-certificate v1';

export function certify(deletion: Deletion, signer: NoteSigner): string {
  const facts = [
    HEAD,
    `site ${deletion.site}`,
    `recording ${deletion.recordingId}`,
    `call ${deletion.callId}`,
    `recorded ${new Date(deletion.recordedMs).toISOString()}`,
    `deleted ${new Date(deletion.deletedMs).toISOString()}`,
    `sha256 ${deletion.sha256 === '' ? 'none' : deletion.sha256}`,
    `bytes ${deletion.bytes}`,
    `line ${deletion.line}`,
    `why ${deletion.why}`,
    'method wrapped file key overwritten in place, fsync, unlinked, folder fsync',
    `audit ${deletion.correlation}`,
  ];
  return signNote(`${facts.join('\n')}\n`, signer);
}

/** The facts of a certificate that this key signed. @throws NoteInvalid */
export function factsOf(certificate: string, verifierKey: string): ReadonlyMap<string, string> {
  const [head, ...lines] = openNote(certificate, verifierFrom(verifierKey)).trimEnd().split('\n');
  if (head !== HEAD) return new Map();
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

/**
 * That a proven entry of the audit log is the act a certificate tells of: same correlation, same recording, deletion.
 * @param line the entry as it stands in the log @throws CertificateNotProven
 */
export function requireSameAct(facts: ReadonlyMap<string, string>, line: string): void {
  const entry: unknown = JSON.parse(line);
  const field = (name: string): unknown =>
    typeof entry === 'object' && entry !== null ? Object.entries(entry).find(([is]) => is === name)?.[1] : undefined;
  if (field('act') !== 'recording.delete') throw new CertificateNotProven('the entry proven is no deletion');
  if (field('correlation') !== facts.get('audit')) throw new CertificateNotProven('the entry proven is of another act');
  if (field('object') !== facts.get('recording')) throw new CertificateNotProven('the entry proven is of another recording');
}
