/**
 * Where to go on after every (re)connect. The stream is the truth about what arrived; the outbox knows what was to be sent. Pure.
 */
import type { Delivered } from '../outbox/delivery.ts';
import type { StreamEnd } from '../nats/event-stream.ts';
import { StreamLastUnknown, StreamWentBack } from './errors.ts';

export interface Resume {
  /** Everything waiting up to here is in the stream; 0 when nothing is. */
  readonly settledSeq: number;
  /** Id of the last event the stream holds; '' in a new stream or when it is not kept any more. */
  readonly lastId: string;
  readonly streamSeq: number;
  /** Nothing was published since the stream was asked: the server may have forgotten the id of its last message, so only its number is claimed. */
  readonly fresh: boolean;
}

/**
 * @param end what the stream says of itself
 * @param delivered what the outbox has recorded as the last acknowledged event
 * @param found position in the outbox of the stream's last event; undefined when it is not there
 * @throws KeeplineError STREAM_LAST_UNKNOWN, STREAM_WENT_BACK: publishing on would duplicate or reorder, so the relay must stop
 */
export function resumeAfter(end: Pick<StreamEnd, 'seq' | 'msgId'>, delivered: Delivered, found: number | undefined): Resume {
  // A new stream: nothing of ours is there, the first undelivered event opens it.
  if (end.seq === 0) return { settledSeq: delivered.seq, lastId: '', streamSeq: 0, fresh: true };
  if (end.msgId === '') {
    // The last message has aged out of the stream; its number alone still says whether anything arrived that we have not recorded.
    if (end.seq === delivered.streamSeq) return { settledSeq: delivered.seq, lastId: delivered.id, streamSeq: end.seq, fresh: true };
    throw end.seq < delivered.streamSeq ? new StreamWentBack(end.seq, delivered.streamSeq) : new StreamLastUnknown(end.msgId, end.seq);
  }
  const known = found !== undefined && found >= delivered.seq;
  // A person has looked at this very end and decided; what waits is sent after it, nothing is sent again.
  if (!known && end.seq === delivered.acceptedSeq) return { settledSeq: delivered.seq, lastId: end.msgId, streamSeq: end.seq, fresh: true };
  if (found === undefined) throw new StreamLastUnknown(end.msgId, end.seq);
  if (!known) throw new StreamWentBack(end.seq, delivered.streamSeq);
  return { settledSeq: found, lastId: end.msgId, streamSeq: end.seq, fresh: true };
}
