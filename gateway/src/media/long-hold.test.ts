/**
 * What carriers, phones and networks do to a stream, one test each (the faults of others are named): a leg with a fake clock, its sockets
 * replaced by what they would carry, so that eleven minutes pass at once.
 */
import { FakeClock } from '@keepline/testkit/fake-clock';
import { describe, expect, it } from 'vitest';
import { LegIntake } from './leg-intake.ts';
import { emptyHeader, readRtp, writeRtp } from './rtp-packet.ts';
import { SrtpReceiver, SrtpSender } from './srtp.ts';
import { StreamAnchor } from './stream-anchor.ts';

const MINUTE_MS = 60_000;
const KEY = new Uint8Array(30).fill(7);
const SUITE = 'AES_CM_128_HMAC_SHA1_80';
const remote = {
  address: '10.0.0.9',
  port: 4000,
  codec: 'PCMA',
  payloadType: 8,
  dtmfPayloadType: 101,
  held: false,
  direction: 'sendrecv',
} as const;

function packet(sequence: number, timestamp: number, ssrc: number, payloadType = 8): Buffer {
  const bytes = Buffer.alloc(172, 0xd5);
  writeRtp(bytes, 0, payloadType, false, sequence & 0xffff, timestamp >>> 0, ssrc);
  return bytes;
}

/** What goes out towards one party, as it would be sealed, opened by a receiver as strict as libsrtp. */
function outgoing(firstSequence: number) {
  const clock = new FakeClock();
  const anchor = new StreamAnchor(0xabcd, firstSequence, 0xffff_f000);
  const [sender, receiver] = [new SrtpSender(SUITE, KEY), new SrtpReceiver(SUITE, KEY)];
  const header = emptyHeader();
  const seen: Array<{ sequence: number; timestamp: number; ssrc: number }> = [];
  const send = (): void => {
    const sealed = sender.seal(packet(anchor.sequence, anchor.timestamp, anchor.ssrc), 0, 172);
    if (!sealed) throw new Error('an index came twice');
    expect(receiver.open(sealed, clock.monotonicMs())).toBe(172);
    readRtp(sealed.subarray(0, 172), header);
    seen.push({ sequence: header.sequence, timestamp: header.timestamp, ssrc: header.ssrc });
  };
  return { clock, anchor, send, seen };
}

describe('eleven minutes of hold and more (janus#3640)', () => {
  it.each([11, 30])(
    'keeps one SSRC, a sequence without gap and time that never goes back, over %d minutes of music or of nothing',
    (minutes) => {
      for (const music of [true, false]) {
        const { clock, anchor, send, seen } = outgoing(0x7ff0);
        const talk = (source: number, from: number): void => {
          for (let i = 0; i < 100; i++, clock.advance(20))
            if (anchor.forward(source, 1000 + source, from + i, (from + i) * 160, 160, false, clock.monotonicMs())) send();
        };
        talk(1, 65_500);
        for (let ms = 0; ms < minutes * MINUTE_MS; ms += 20, clock.advance(20)) {
          if (!music) continue;
          anchor.own(160, clock.monotonicMs());
          send();
        }
        talk(1, 12); // the far end came back with numbers of its own
        talk(2, 40_000); // and then the call was passed on
        expect(new Set(seen.map(({ ssrc }) => ssrc)).size).toBe(1);
        for (const [i, { sequence, timestamp }] of seen.slice(1).entries()) {
          const last = seen[i];
          expect((sequence - (last?.sequence ?? 0)) & 0xffff).toBe(1);
          expect((timestamp - (last?.timestamp ?? 0)) | 0).toBeGreaterThan(0);
        }
        const [first, end] = [seen[0], seen.at(-1)];
        const passedMs = ((end?.timestamp ?? 0) - (first?.timestamp ?? 0)) / 8;
        expect(((passedMs % 2 ** 29) + 2 ** 29) % 2 ** 29).toBeCloseTo(clock.monotonicMs() - 20, -3);
      }
    },
  );
});

describe('a far end', () => {
  const talking = () => {
    const intake = new LegIntake();
    intake.expect(remote, 0);
    const hear = (bytes: Buffer, ms: number, port: number = remote.port, address: string = remote.address) =>
      intake.take(bytes, address, port, ms);
    return { intake, hear };
  };

  it('that resumes at another address and port with another SSRC is heard at once, its old place no more', () => {
    const { intake, hear } = talking();
    expect(hear(packet(1, 160, 5), 20)).toBe('sound');
    intake.expect({ ...remote, address: '10.0.0.10', port: 6000 }, 11 * MINUTE_MS);
    expect(hear(packet(9, 999, 6), 11 * MINUTE_MS + 20, 6000, '10.0.0.10')).toBe('sound');
    expect(hear(packet(2, 320, 5), 11 * MINUTE_MS + 40)).toBeUndefined();
    expect(intake.drops.foreign).toBe(1);
    expect(intake.quality.lost).toBe(0);
  });

  it('behind a NAT may come from another port in the first seconds and not later; strangers are counted', () => {
    const { intake, hear } = talking();
    expect(hear(packet(1, 160, 5), 100, 61_000)).toBe('sound');
    expect(intake.guard.port).toBe(61_000);
    expect(hear(packet(2, 320, 5), 9000, 62_000)).toBeUndefined();
    expect(hear(packet(3, 480, 5), 9000, 61_000, '10.6.6.6')).toBeUndefined();
    expect(hear(packet(2, 320, 5), 9020, 61_000)).toBe('sound');
    expect(intake.drops.foreign).toBe(2);
  });

  it('whose packets are lost, late, doubled or wrap is counted as it was', () => {
    const { intake, hear } = talking();
    const sent = [65_533, 65_534, 0, 65_535, 0, 1, 4, 5];
    const taken = sent.map((sequence, i) => hear(packet(sequence, i * 160, 5), i * 20));
    expect(taken).toEqual(['sound', 'sound', 'sound', 'sound', 'double', 'sound', 'sound', 'sound']);
    const { packets, lost, reordered, duplicates } = intake.quality;
    expect({ packets, lost, reordered, duplicates }).toEqual({ packets: 7, lost: 2, reordered: 1, duplicates: 1 });
  });

  it('that sends a type nobody agreed on is not heard, and noise is known without having been agreed on', () => {
    const { intake, hear } = talking();
    expect(hear(packet(1, 160, 5, 18), 20)).toBeUndefined();
    expect(hear(packet(2, 320, 5, 13), 40)).toBe('noise');
    expect(hear(packet(3, 480, 9, 101), 60)).toBe('digit'); // on an SSRC of its own
    expect(intake.drops.unexpectedType).toBe(1);
  });

  it('under SRTP is learnt behind a NAT only by what is authentic', () => {
    const { intake, hear } = talking();
    const send = new Uint8Array(30);
    intake.expect({ ...remote, srtp: { suite: SUITE, send, receive: KEY.slice() } }, 0);
    expect(hear(packet(1, 160, 5), 10, 61_000)).toBeUndefined(); // in the clear
    expect(intake.guard.port).toBe(remote.port);
    const sealed = new SrtpSender(SUITE, KEY).seal(packet(1, 160, 5), 0, 172) ?? Buffer.alloc(0);
    expect(hear(sealed, 20, 61_000)).toBe('sound');
    expect(intake.guard.port).toBe(61_000);
    expect(intake.drops).toMatchObject({ unauthentic: 1, foreign: 0 });
    intake.close();
    expect(hear(sealed, 30, 61_000)).toBeUndefined();
  });
});
