/**
 * What no machine can measure, attested by a person with a document: kept under its SHA-256 in `attestations/`, listed in `attestations.jsonl`.
 * Callers wrap the adding in `audited`.
 */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { catalogueItem } from './catalogue.ts';
import type { Attestation } from './facts.ts';

const FOLDER = 'attestations';
const LIST = 'attestations.jsonl';
/** One document; 74 items with a few versions each stay below some GB. */
export const DOCUMENT_MAX_BYTES = 33_554_432;
const LIST_MAX_BYTES = 4_194_304;
const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

export interface NewAttestation {
  readonly item: string;
  readonly file: string;
  /** Who answers for it: a name or an office, shown in the report. */
  readonly by: string;
  readonly validUntil: string;
}

/** @throws KeeplineError MLPS_ITEM_UNKNOWN, ATTESTATION_INVALID */
export async function addAttestation(data: string, { item, file, by, validUntil }: NewAttestation, nowMs: number): Promise<Attestation> {
  const entry = catalogueItem(item);
  if (entry.automatable === 'yes') throw refused(item, 'this item is measured; a paper cannot replace the measurement');
  if (!DAY.test(validUntil) || validUntil < new Date(nowMs).toISOString().slice(0, 10))
    throw refused(item, 'the last day must be a day to come, yyyy-mm-dd');
  if (!/^[^\p{Cc}]{1,64}$/u.test(by)) throw refused(item, 'the name has 1 to 64 characters');
  const { size } = await stat(file).catch((cause: unknown) => {
    throw refused(item, messageOf(cause));
  });
  if (size === 0 || size > DOCUMENT_MAX_BYTES) throw refused(item, `the document has ${size} bytes, 1 to ${DOCUMENT_MAX_BYTES} are taken`);
  const bytes = await readFile(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await mkdir(join(data, FOLDER), { recursive: true, mode: 0o700 });
  await writeFile(join(data, FOLDER, sha256), bytes, { mode: 0o600, flag: 'wx', flush: true }).catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause; // the same bytes are there already
  });
  const attestation: Attestation = { item, by, sha256, bytes: bytes.length, attestedAt: new Date(nowMs).toISOString(), validUntil };
  await appendFile(join(data, FOLDER, LIST), `${JSON.stringify(attestation)}\n`, { mode: 0o600, flush: true });
  return attestation;
}

/** The newest of each item whose document is still there unchanged; the others do not count. */
export async function readAttestations(data: string): Promise<Attestation[]> {
  const path = join(data, FOLDER, LIST);
  const size = await stat(path).then(
    (info) => info.size,
    () => 0,
  );
  if (size === 0) return [];
  if (size > LIST_MAX_BYTES) throw refused('', `${path} is longer than ${LIST_MAX_BYTES} bytes`);
  const newest = new Map<string, Attestation>();
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue;
    const found: Attestation = JSON.parse(line); // parse boundary: written above
    newest.set(found.item, found);
  }
  const kept: Attestation[] = [];
  for (const attestation of newest.values()) {
    const bytes = await readFile(join(data, FOLDER, attestation.sha256)).catch(() => undefined);
    if (bytes && createHash('sha256').update(bytes).digest('hex') === attestation.sha256) kept.push(attestation);
  }
  return kept.toSorted((a, b) => (a.item < b.item ? -1 : 1));
}

function refused(item: string, why: string): KeeplineError {
  return new KeeplineError('ATTESTATION_INVALID', `the attestation is not taken: ${why}`, {
    hint: 'Usage: ./keepline report attest ITEM --file DOC --by NAME --valid-until DAY, for an item that is not measured wholly.',
    offending: item,
  });
}
