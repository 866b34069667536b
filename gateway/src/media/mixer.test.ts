/** Sums of voices, by values; on the wire they are tested in `mix.test.ts`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { share } from '../../fixtures/rtp/goertzel.ts';
import { alawToLinear, linearToAlaw } from './g711.ts';
import { Mixer, sumFrames } from './mixer.ts';
import { emptyHeader } from './rtp-packet.ts';

const TONES = { caller: 440, agent: 1000, partner: 1700 } as const;
type Name = keyof typeof TONES;
const NAMES = ['caller', 'agent', 'partner'] as const;

/** Packets of a steady tone, 20 ms each. */
function voice(hz: number): (n: number) => { header: ReturnType<typeof emptyHeader>; packet: Uint8Array } {
  return (n) => ({
    header: { ...emptyHeader(), ssrc: hz, sequence: n & 0xffff, timestamp: n * 160, payloadOffset: 0, payloadLength: 160 },
    packet: Uint8Array.from({ length: 160 }, (_, i) =>
      linearToAlaw(Math.round(6000 * Math.sin((2 * Math.PI * hz * (n * 160 + i)) / 8000))),
    ),
  });
}

function run(
  hears: ReadonlyMap<Name, readonly Name[]>,
  frames: number,
  arrives: (frame: number) => number = (frame) => frame,
): Map<Name, Int16Array> {
  const mixer = new Mixer<Name>();
  mixer.route(hears);
  const heard = new Map(NAMES.map((name) => [name, [] as number[]]));
  const due = new Map<number, number[]>();
  for (let n = 0; n < frames; n++) due.set(arrives(n), [...(due.get(arrives(n)) ?? []), n]);
  for (let frame = 0; frame < frames; frame++) {
    for (const n of due.get(frame) ?? [])
      for (const name of NAMES) {
        const { header, packet } = voice(TONES[name])(n);
        mixer.hear(name, header, packet, frame * 20);
      }
    mixer.turn((to, alaw) => heard.get(to)?.push(...Array.from(alaw, alawToLinear)));
  }
  return new Map([...heard].map(([name, samples]) => [name, Int16Array.from(samples.slice(640))]));
}

const everybody: ReadonlyMap<Name, readonly Name[]> = new Map(NAMES.map((name) => [name, [...NAMES]]));

describe('a mixer', () => {
  it('gives each of three the two others and not itself, N − 1', () => {
    const heard = run(everybody, 60);
    for (const name of NAMES)
      for (const other of NAMES) {
        const part = share(heard.get(name) ?? new Int16Array(), TONES[other]);
        if (other === name) expect(part).toBeLessThan(0.01);
        else expect(part).toBeGreaterThan(0.45);
      }
  });

  it('keeps a whisper from whoever is not on the list', () => {
    const heard = run(
      new Map([
        ['caller', ['agent']],
        ['agent', ['caller', 'partner']],
      ]),
      60,
    );
    expect(share(heard.get('caller') ?? new Int16Array(), TONES.agent)).toBeGreaterThan(0.98);
    expect(share(heard.get('agent') ?? new Int16Array(), TONES.partner)).toBeGreaterThan(0.45);
    expect(heard.get('partner')).toHaveLength(0);
  });

  it('hears no hole where packets come one frame late and in pairs', () => {
    const heard = run(everybody, 60, (n) => n + 1 - (n % 2));
    const samples = heard.get('caller') ?? new Int16Array();
    expect(share(samples, TONES.agent) + share(samples, TONES.partner)).toBeGreaterThan(0.97);
  });

  it('takes a voice up again after a stall of the network', () => {
    const heard = run(everybody, 120, (n) => (n >= 20 && n < 50 ? 50 : n));
    const tail = (heard.get('caller') ?? new Int16Array()).slice(-6400);
    expect(share(tail, TONES.agent) + share(tail, TONES.partner)).toBeGreaterThan(0.95);
  });

  it('saturates instead of wrapping: the sum has the sign and at most the size of the true one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 3 }), (samples) => {
        const [code = 0] = sumFrames(samples.map((sample) => new Int16Array(160).fill(sample)));
        const truth = Math.max(
          -32_768,
          Math.min(
            32_767,
            samples.reduce((sum, sample) => sum + sample, 0),
          ),
        );
        expect(Math.abs(alawToLinear(code) - truth)).toBeLessThanOrEqual(Math.max(16, Math.abs(truth) / 32 + 16));
      }),
    );
  });

  it('is silence where nobody speaks', () => {
    const mixer = new Mixer<Name>();
    mixer.route(new Map([['caller', ['agent']]]));
    mixer.turn((_, alaw) => expect(alaw.every((code) => code === 0xd5)).toBe(true));
  });
});
