import { describe, expect, it } from 'vitest';
import { resumeAfter } from './resume.ts';

const delivered = { seq: 40, id: 'evt-40', streamSeq: 38, acceptedSeq: 0 };

describe('where the relay goes on', () => {
  it('an empty stream takes the first undelivered event', () => {
    expect(resumeAfter({ seq: 0, msgId: '' }, { seq: 0, id: '', streamSeq: 0, acceptedSeq: 0 }, undefined)).toEqual({
      settledSeq: 0,
      lastId: '',
      streamSeq: 0,
      fresh: true,
    });
    expect(resumeAfter({ seq: 0, msgId: '' }, delivered, undefined)).toMatchObject({ settledSeq: 40, streamSeq: 0, lastId: '' });
  });

  it('goes on after the last event of the stream, also when its acknowledgement was lost', () => {
    expect(resumeAfter({ seq: 38, msgId: 'evt-40' }, delivered, 40)).toMatchObject({ settledSeq: 40, lastId: 'evt-40', streamSeq: 38 });
    expect(resumeAfter({ seq: 45, msgId: 'evt-47' }, delivered, 47)).toMatchObject({ settledSeq: 47, lastId: 'evt-47', streamSeq: 45 });
  });

  it('a last event that this outbox never held is a named fault, not a reason to send', () => {
    expect(() => resumeAfter({ seq: 45, msgId: 'evt-foreign' }, delivered, undefined)).toThrow(
      expect.objectContaining({ code: 'STREAM_LAST_UNKNOWN' }),
    );
  });

  it('a stream that went back behind an acknowledged event was restored: a named fault', () => {
    expect(() => resumeAfter({ seq: 30, msgId: 'evt-32' }, delivered, 32)).toThrow(expect.objectContaining({ code: 'STREAM_WENT_BACK' }));
  });

  it('goes on after an end that a person has accepted, and only after that very one', () => {
    const accepted = { ...delivered, acceptedSeq: 45 };
    expect(resumeAfter({ seq: 45, msgId: 'evt-foreign' }, accepted, undefined)).toEqual({
      settledSeq: 40,
      lastId: 'evt-foreign',
      streamSeq: 45,
      fresh: true,
    });
    expect(resumeAfter({ seq: 30, msgId: 'evt-32' }, { ...delivered, acceptedSeq: 30 }, 32)).toMatchObject({
      settledSeq: 40,
      streamSeq: 30,
    });
    expect(() => resumeAfter({ seq: 46, msgId: 'evt-foreign' }, accepted, undefined)).toThrow(
      expect.objectContaining({ code: 'STREAM_LAST_UNKNOWN' }),
    );
    // An end we know needs nobody's word.
    expect(resumeAfter({ seq: 45, msgId: 'evt-47' }, accepted, 47)).toMatchObject({ settledSeq: 47 });
  });

  it('when the last message has aged out, only the recorded number can vouch for it', () => {
    expect(resumeAfter({ seq: 38, msgId: '' }, delivered, undefined)).toMatchObject({ settledSeq: 40, lastId: 'evt-40', streamSeq: 38 });
    expect(() => resumeAfter({ seq: 39, msgId: '' }, delivered, undefined)).toThrow(
      expect.objectContaining({ code: 'STREAM_LAST_UNKNOWN' }),
    );
    expect(() => resumeAfter({ seq: 37, msgId: '' }, delivered, undefined)).toThrow(expect.objectContaining({ code: 'STREAM_WENT_BACK' }));
  });
});
