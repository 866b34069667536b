/** Who sends audio to whom: the four direction attributes and how an answer follows an offer (RFC 3264 §6.1, §8.4). */
import { attributes, type SdpLine } from './session.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** The direction stated for a stream, else for the session, else `sendrecv` (RFC 8866 §6.7). */
export function statedDirection(media: readonly SdpLine[], session: readonly SdpLine[]): Direction {
  for (const lines of [media, session]) {
    const stated = DIRECTIONS.find((direction) => attributes(lines, direction).length > 0);
    if (stated !== undefined) return stated;
  }
  return 'sendrecv';
}

/** What we may answer when the far end offers `offered` and we want `wanted`: never more than both allow. */
export function answeredDirection(offered: Direction, wanted: Direction): Direction {
  const send = receives(offered) && sends(wanted);
  const receive = sends(offered) && receives(wanted);
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly';
