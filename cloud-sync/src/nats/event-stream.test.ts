/** Behaviour of the server that the relay leans on or works around. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jetstream } from '@nats-io/jetstream';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { provision } from '../cloud/provision.ts';
import { cloudSide } from '../testing/running-sync.ts';
import { EventStream } from './event-stream.ts';
import type { Position } from './publish-lane.ts';
import { eventSubject, subjectsOf } from './subjects.ts';

/** One event, and what the server says to it. */
function append(stream: EventStream, subject: string, id: string, body: string, position: Position): Promise<number> {
  return new Promise<number>((acknowledged, refused) => {
    const lane = stream.lane({
      acknowledged: (seq) => (lane.close(), acknowledged(seq)),
      refused: (_seq, fault) => (lane.close(), refused(fault)),
    });
    lane.publish({ subject, id, body }, position);
  });
}

describe('a stream whose server was restarted after the de-duplication window', () => {
  const { stream } = subjectsOf('demo');
  const subject = eventSubject('demo', 'call.held');
  let hub: Hub;

  beforeAll(async () => {
    hub = await startHub({ site: 'demo' });
  });
  afterAll(() => hub.close());

  it('may have forgotten the id of its last message, so the first publish of a connection claims its number alone', async () => {
    const before = await cloudSide(hub);
    await provision(before, 'demo', { duplicateWindowMs: 100 });
    const early = new EventStream(before, stream);
    await append(early, subject, 'a', '{}', { afterSeq: 0, afterId: '', previousId: '' });
    await append(early, subject, 'b', '{}', { afterSeq: 1, afterId: 'a', previousId: 'a' });
    before.drop();
    await hub.stop();
    await new Promise((resolve) => setTimeout(resolve, 150)); // longer than the window, which is wall time of the server
    await hub.start();

    const after = await cloudSide(hub);
    const late = new EventStream(after, stream);
    expect(await late.end()).toEqual({ seq: 2, msgId: 'b' });
    // Repeating an old event is not caught by its id any more; the position catches it.
    await expect(append(late, subject, 'b', '{}', { afterSeq: 1, afterId: '', previousId: 'a' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    expect(await append(late, subject, 'c', '{}', { afterSeq: 2, afterId: '', previousId: 'b' })).toBe(3);
    expect(await append(late, subject, 'd', '{}', { afterSeq: 3, afterId: 'c', previousId: 'c' })).toBe(4);
    // Within the window a repeat is acknowledged with its old place; we take that for a wrong place, not for news.
    await expect(append(late, subject, 'd', '{}', { afterSeq: 4, afterId: 'd', previousId: 'd' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    // Somebody else writes in between: both claims notice.
    await jetstream(after.nats).publish(subject, '{}', { msgID: 'foreign' });
    await expect(append(late, subject, 'e', '{}', { afterSeq: 4, afterId: 'd', previousId: 'd' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    await expect(append(late, subject, 'e', '{}', { afterSeq: 5, afterId: 'd', previousId: 'd' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    after.drop();
  });

  it('a stream that is not there is named', async () => {
    const connection = await cloudSide(hub);
    await expect(new EventStream(connection, 'KEEPLINE_NOBODY').end()).rejects.toMatchObject({ code: 'STREAM_MISSING' });
    connection.drop();
  });
});
