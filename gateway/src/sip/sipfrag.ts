/** `message/sipfrag` as NOTIFY carries it for REFER (RFC 3420, RFC 3515 §2.4.5): a status line and nothing that we would need besides. Pure. */
import { reasonPhrase } from './respond.ts';

export const SIPFRAG = 'message/sipfrag;version=2.0';

export const sipfragOf = (status: number): string => `SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`;

/** The status; null when the body begins with no status line. */
export function statusOfSipfrag(body: string): number | null {
  const digits = /^SIP\/2\.0 ([1-6][0-9]{2})(?: |\r|\n|$)/.exec(body)?.[1];
  return digits === undefined ? null : Number(digits);
}
