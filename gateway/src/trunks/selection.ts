/**
 * In which order the trunks are tried for a call out: lowest priority number first, inside one priority by weight, as RFC 2782 does for
 * servers. Pure: dice are an argument.
 */
export interface Candidate {
  readonly name: string;
  /** Lower is tried first. */
  readonly priority: number;
  /** Share among trunks of one priority; 0 is tried after all others of it. */
  readonly weight: number;
  readonly isUp: boolean;
  /** Has room for one more call. */
  readonly hasRoom: boolean;
}

/**
 * Trunks with room, healthy ones only; when none is healthy all with room, since a health check may err and a call is worth a try.
 * @param random from 0 up to, not including, 1
 */
export function orderTrunks<T extends Candidate>(trunks: readonly T[], random: () => number): T[] {
  const open = trunks.filter(({ hasRoom }) => hasRoom);
  const healthy = open.filter(({ isUp }) => isUp);
  const usable = healthy.length > 0 ? healthy : open;
  const priorities = [...new Set(usable.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  return priorities.flatMap((priority) =>
    drawn(
      usable.filter((trunk) => trunk.priority === priority),
      random,
    ),
  );
}

function drawn<T extends Candidate>(same: readonly T[], random: () => number): T[] {
  const left = [...same];
  const order: T[] = [];
  while (left.length > 0) {
    let ticket = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    const at = left.findIndex(({ weight }) => (ticket -= weight) < 0);
    order.push(...left.splice(Math.max(at, 0), 1)); // only zero weights left: in the order of the site file
  }
  return order;
}

/** What a failed try means for the next trunk: the fault of this way, or the verdict of the far end, which another way would not change. */
export function isWorthAnother(end: { readonly status: number } | 'timeout' | 'transport'): boolean {
  if (typeof end === 'string') return true;
  return [408, 500, 502, 503, 504].includes(end.status); // RFC 3263 §4.3 names 503 and time-out; the others say the same of a gateway
}
