/** Tags, branches and Call-IDs: unguessable, so that a third party cannot end or take over a call it does not see (RFC 3261 §19.3, §26). */
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** What marks a branch made by RFC 3261 (§8.1.1.7). */
export const BRANCH_COOKIE = 'z9hG4bK';

/** Where everything that is drawn comes from; lent, so that a run under fuzz comes again with its seed. */
export interface Chance {
  bytes(count: number): Buffer;
  /** Whole number in [0, below). */
  below(below: number): number;
}
/** What nobody can guess. */
export const SECURE_CHANCE: Chance = { bytes: (count) => randomBytes(count), below: (below) => randomInt(below) };

export const newTag = (chance: Chance): string => chance.bytes(8).toString('hex');
export const newBranch = (chance: Chance): string => `${BRANCH_COOKIE}${chance.bytes(12).toString('hex')}`;
export const newSipCallId = (chance: Chance): string => chance.bytes(16).toString('hex');

/** First CSeq of our own requests: below 2^31 with room to count (RFC 3261 §8.1.1.5). */
export const firstCseq = (chance: Chance): number => 1 + chance.below(65_535);

/** A tag that is the same each time one request is answered without keeping state (RFC 3261 §8.2.7). */
export function statelessTag(secret: string, callId: string, branch: string): string {
  return createHash('sha256').update(`${secret}\n${callId}\n${branch}`).digest('hex').slice(0, 16);
}
