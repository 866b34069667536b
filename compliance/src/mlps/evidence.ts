/**
 * A body of evidence: facts, judgements, and for each item an entry of the audit log with its proof. The entry's object carries the SHA-256 of the
 * judgement, so that a file on anybody's desk can be held against the log. Kept as `evidence/<time>.json` in the data folder; everything that
 * is made from one such file is the same, byte for byte, whenever it is made.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { newFile } from '../audit/new-file.ts';
import { proveEntry, verifyEntryProof } from '../audit/prove.ts';
import type { ActContext } from '../audit/audited.ts';
import type { AuditEntry } from '../audit/entry.ts';
import { verifierFrom } from '../tlog/signed-note.ts';
import { parseTlogProof } from '../tlog/tlog-proof.ts';
import type { Facts } from './facts.ts';
import { judge } from './judge.ts';
import type { ItemResult } from './judgement.ts';

export const EVIDENCE_FOLDER = 'evidence';
const FORMAT = 'keepline-mlps-evidence/1';
/** Longest file that is read back, characters. */
const EVIDENCE_MAX = 16_777_216;

export interface ItemProof {
  readonly item: string;
  /** Number in the audit log. */
  readonly entry: number;
  /** SHA-256 of the judgement, hex. */
  readonly sha256: string;
  /** C2SP tlog-proof. */
  readonly proof: string;
}
export interface Evidence {
  readonly format: typeof FORMAT;
  readonly facts: Facts;
  readonly results: readonly ItemResult[];
  readonly proofs: readonly ItemProof[];
  /** Signed note the last of the proofs stands under. */
  readonly checkpoint: string;
  /** Public key of the log. */
  readonly verifierKey: string;
}

/** The part of the audit log that is needed here. */
export interface EvidenceLog {
  append(entry: AuditEntry): Promise<number>;
  checkpoint(): Promise<void>;
}

/** SHA-256 of a judgement as it stands in the file. */
export const digestOf = (result: ItemResult): string => createHash('sha256').update(JSON.stringify(result)).digest('hex');

/** Judges, writes one entry per item, signs, proves. @throws AuditRefused, AuditUnsigned */
export async function sealEvidence(facts: Facts, log: EvidenceLog, dir: string, verifierKey: string, who: ActContext): Promise<Evidence> {
  const results = judge(facts);
  const digests = results.map(digestOf);
  const numbers = await Promise.all(
    results.map(({ item }, i) => log.append({ ...who, act: 'evidence.take', outcome: 'done', object: objectOf(item, digests[i] ?? '') })),
  );
  await log.checkpoint();
  const verifier = verifierFrom(verifierKey);
  const proofs: string[] = [];
  for (const number of numbers) proofs.push(await proveEntry(dir, verifier, number));
  return {
    format: FORMAT,
    facts,
    results,
    proofs: results.map(({ item }, i) => ({ item, entry: numbers[i] ?? -1, sha256: digests[i] ?? '', proof: proofs[i] ?? '' })),
    checkpoint: parseTlogProof(proofs.at(-1) ?? '').checkpoint,
    verifierKey,
  };
}

const objectOf = (item: string, digest: string): string => `mlps:${item}:${digest}`;

/** @returns the path, `evidence/<time>.json`, new and private */
export async function keepEvidence(data: string, evidence: Evidence): Promise<string> {
  const folder = join(data, EVIDENCE_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${evidence.facts.takenAt.replaceAll(/[-:]/g, '')}.json`);
  const file = await newFile(path);
  try {
    await file.write(evidenceText(evidence));
    await file.publish();
  } finally {
    await file.close();
  }
  return path;
}

export const evidenceText = (evidence: Evidence): string => `${JSON.stringify(evidence, undefined, 1)}\n`;

/** @throws KeeplineError EVIDENCE_INVALID */
export async function readEvidence(path: string): Promise<Evidence> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(path, messageOf(cause));
  });
  return parseEvidence(text, path);
}

/** Reads a file and holds it against itself: each judgement against its proof, the proofs against the key. @throws KeeplineError EVIDENCE_INVALID */
export function parseEvidence(text: string, path: string, verifierKey?: string): Evidence {
  try {
    if (text.length > EVIDENCE_MAX) throw new Error('it is too long');
    const evidence: Evidence = JSON.parse(text); // parse boundary: what follows is proven, and the rest is only shown
    if (evidence.format !== FORMAT) throw new Error('it is of another format');
    for (const result of evidence.results) requireProven(result, evidence, verifierKey ?? evidence.verifierKey);
    return evidence;
  } catch (thrown) {
    throw invalid(path, messageOf(thrown));
  }
}

function requireProven(result: ItemResult, { proofs }: Evidence, verifierKey: string): void {
  const proof = proofs.find(({ item }) => item === result.item);
  if (!proof) throw new Error(`${result.item} has no proof`);
  const { line } = verifyEntryProof(proof.proof, verifierKey);
  const { act, object }: { act?: unknown; object?: unknown } = JSON.parse(line);
  if (act !== 'evidence.take' || object !== objectOf(result.item, digestOf(result)))
    throw new Error(`the judgement of ${result.item} is not the one in the audit log`);
}

function invalid(path: string, why: string): KeeplineError {
  return new KeeplineError('EVIDENCE_INVALID', `${path} is no evidence that can be trusted: ${why}`, {
    hint: 'Take the file as it was written below evidence/, or take new evidence: ./keepline report mlps --from DAY --to DAY --out FILE',
    offending: path,
  });
}
