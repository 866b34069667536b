/**
 * What an appliance of a pair tells its cloud-sync, in a file that it touches ten times a second while it serves and removes when it ends:
 * whether it may send at all, and how far. Time says nothing across processes; that the file changes does. ADR 0019.
 */
export interface Uplink {
  /** Position in the outbox up to which the peer has everything; null sends everything: no peer would go on by itself. */
  readonly copiedSeq: number | null;
}

/**
 * A file that did not change for so long tells nothing any more, ms. What a cloud-sync sends in that time after its appliance hung is no more than
 * the peer has.
 */
export const UPLINK_SILENCE_MS = 700;

/** Undefined for what is not whole. */
export function readUplink(text: string): Uplink | undefined {
  const [, word = ''] = /^(\d{1,15}|all)\n$/.exec(text) ?? [];
  return word === '' ? undefined : { copiedSeq: word === 'all' ? null : Number(word) };
}

export const uplinkText = ({ copiedSeq }: Uplink): string => `${copiedSeq ?? 'all'}\n`;
