/**
 * Notices that the credentials file holds another identity than the connection was opened with, and asks for a new connection, which takes
 * the place of the present one once it stands. The relay resumes on it by asking the stream, so nothing is lost or doubled.
 */
import type { Clock } from '@keepline/contracts/clock';
import type { Proof } from './credentials.ts';

/** How long a rotated file may stay unnoticed, ms. */
const LOOK_MS = 1000;

export interface WatchOptions {
  readonly clock: Pick<Clock, 'every' | 'now'>;
  readonly read: () => Proof;
  /** Identity of the present connection; undefined while there is none: the next dial reads the file anyway. */
  readonly inUse: () => string | undefined;
  readonly renew: (identity: string) => void;
}

/** @returns what ends the watch */
export function watchCredentials({ clock, read, inUse, renew }: WatchOptions): () => void {
  return clock.every(LOOK_MS, () => {
    const current = inUse();
    if (current === undefined) return;
    try {
      const { identity, expiresMs } = read();
      // Expired credentials would only trade a good connection for none.
      if (identity !== current && (expiresMs === undefined || expiresMs > clock.now())) renew(identity);
    } catch {
      // A file that cannot be read now is judged, and named, by the next dial; this connection is good.
    }
  });
}
