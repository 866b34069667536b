/** RSeq and RAck, which tie a PRACK to the provisional response it acknowledges (RFC 3262 §7). Pure. */
import type { Headers } from './message.ts';

export interface Rack {
  readonly rseq: number;
  readonly cseq: number;
  readonly method: string;
}

/** RSeq begins anywhere from 1 to 2^31 − 1 and counts up by one (§3). */
export const MAX_RSEQ = 2 ** 32 - 1;

/** null when it is missing or no number from 1 to 2^32 − 1. */
export function rseqOf(headers: Headers): number | null {
  return numberOf(headers.get('rseq') ?? '', 1);
}

export function rackOf(headers: Headers): Rack | null {
  const [rseqText = '', cseqText = '', method = '', ...rest] = (headers.get('rack') ?? '').trim().split(/[ \t]+/, 4);
  const rseq = numberOf(rseqText, 1);
  const cseq = numberOf(cseqText, 0);
  return rseq === null || cseq === null || method === '' || rest.length > 0 ? null : { rseq, cseq, method };
}

function numberOf(text: string, least: number): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number >= least && number <= MAX_RSEQ ? number : null;
}
