/** Behaviour of the server that the relay leans on or works around. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { bodyText } from '../cloud/message-body.ts';
import { provision } from '../cloud/provision.ts';
import { packed } from '../relay/packed.ts';
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
    expect(await late.end()).toEqual({ seq: 2, msgId: 'b', zstd: true });
    // Repeating an old event is not caught by its id any more; the position catches it.
    await expect(append(late, subject, 'b', '{}', { afterSeq: 1, afterId: '', previousId: 'a' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    expect(await append(late, subject, 'c', '{}', { afterSeq: 2, afterId: '', previousId: 'b' })).toBe(3);
    // From here on a busy test must not fall out of the window.
    await (await jetstreamManager(after.nats)).streams.update(stream, { duplicate_window: nanos(60_000) });
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

  it('a compressed event arrives as it was sent, and only where the stream says that it may', async () => {
    const connection = await cloudSide(hub);
    const own = subjectsOf('packed').stream;
    await provision(connection, 'packed', { maxBytes: 1_048_576 });
    const { zstd } = await new EventStream(connection, own).end();
    expect(zstd).toBe(true);
    const body = JSON.stringify({ skill: 'cards'.repeat(400) });
    const event = { subject: eventSubject('packed', 'call.held'), id: 'a', ...packed(body, zstd) };
    const acknowledged = await new Promise<number>((resolve, reject) => {
      const lane = new EventStream(connection, own).lane({ acknowledged: resolve, refused: (_seq, fault) => reject(fault) });
      lane.publish(event, { afterSeq: 0, afterId: '', previousId: '' });
    });
    const admin = await jetstreamManager(connection.nats);
    const stored = await admin.streams.getMessage(own, { seq: acknowledged });
    if (!stored) throw new Error('nothing was stored');
    expect(stored.data.length).toBeLessThan(200);
    expect(bodyText({ data: stored.data, headers: stored.header })).toBe(body);
    // A stream of an older cloud says nothing of it.
    await admin.streams.add({ name: 'OLDER', subjects: ['older.>'] });
    expect(await new EventStream(connection, 'OLDER').end()).toMatchObject({ zstd: false });
    connection.drop();
  });

  it('a stream that is not there is named', async () => {
    const connection = await cloudSide(hub);
    await expect(new EventStream(connection, 'KEEPLINE_NOBODY').end()).rejects.toMatchObject({ code: 'STREAM_MISSING' });
    connection.drop();
  });
});
