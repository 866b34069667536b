/** Behaviour of the server that the relay leans on or works around. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jetstream } from '@nats-io/jetstream';
import { type Hub, startHub } from '@keepline/testkit/nats-server';
import { provision } from '../cloud/provision.ts';
import { cloudSide } from '../testing/running-sync.ts';
import { EventStream } from './event-stream.ts';
import { eventSubject, subjectsOf } from './subjects.ts';

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
    await early.append(subject, 'a', '{}', { afterSeq: 0, afterId: '', previousId: '' });
    await early.append(subject, 'b', '{}', { afterSeq: 1, afterId: 'a', previousId: 'a' });
    before.drop();
    await hub.stop();
    await new Promise((resolve) => setTimeout(resolve, 150)); // longer than the window, which is wall time of the server
    await hub.start();

    const after = await cloudSide(hub);
    const late = new EventStream(after, stream);
    expect(await late.end()).toEqual({ seq: 2, msgId: 'b' });
    // Repeating an old event is not caught by its id any more; the position catches it.
    await expect(late.append(subject, 'b', '{}', { afterSeq: 1, afterId: '', previousId: 'a' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    expect(await late.append(subject, 'c', '{}', { afterSeq: 2, afterId: '', previousId: 'b' })).toBe(3);
    expect(await late.append(subject, 'd', '{}', { afterSeq: 3, afterId: 'c', previousId: 'c' })).toBe(4);
    // Within the window a repeat is acknowledged with its old place; we take that for a wrong place, not for news.
    await expect(late.append(subject, 'd', '{}', { afterSeq: 4, afterId: 'd', previousId: 'd' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    // Somebody else writes in between: both claims notice.
    await jetstream(after.nats).publish(subject, '{}', { msgID: 'foreign' });
    await expect(late.append(subject, 'e', '{}', { afterSeq: 4, afterId: 'd', previousId: 'd' })).rejects.toMatchObject({
      code: 'STREAM_WRONG_LAST',
    });
    await expect(late.append(subject, 'e', '{}', { afterSeq: 5, afterId: 'd', previousId: 'd' })).rejects.toMatchObject({
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
