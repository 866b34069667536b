import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALAW_SILENCE, alawToLinear, linearToAlaw } from './g711.ts';
import { Player } from './player.ts';
import { readWav, writeWav } from './prompt-sound.ts';
import { PromptStore } from './prompt-store.ts';

const alaw = fc.uint8Array({ minLength: 1, maxLength: 500 });
/** A WAV file of 16-bit PCM with a chunk of notes before its data, as editors write them. */
function pcmWav(samples: readonly number[], rate = 8000, channels = 1): Uint8Array {
  const notes = Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1'); // odd size, so a byte of padding
  const head = Buffer.alloc(36);
  head.write('RIFF', 0);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt16LE(16, 34);
  const data = Buffer.alloc(8 + samples.length * 2);
  data.write('data', 0);
  data.writeUInt32LE(samples.length * 2, 4);
  samples.forEach((sample, i) => data.writeInt16LE(sample, 8 + i * 2));
  return Uint8Array.from(Buffer.concat([head, notes, data]));
}

describe('prompt files', () => {
  it('give back the A-law they were written from', () => {
    fc.assert(
      fc.property(alaw, (sound) => {
        expect(readWav(writeWav(sound))).toEqual({ ok: true, alaw: sound });
      }),
    );
  });

  it('may be 16-bit PCM with other chunks between, and become A-law', () => {
    expect(readWav(pcmWav([0, 1000, -32_768]))).toEqual({ ok: true, alaw: Uint8Array.from([0, 1000, -32_768], linearToAlaw) });
  });

  it('are refused with the reason, and no bytes make the reader fail', () => {
    expect(readWav(pcmWav([1], 44_100, 2))).toEqual({ ok: false, why: 'it has 2 channel(s) at 44100 Hz' });
    expect(readWav(pcmWav([]))).toEqual({ ok: false, why: 'it is empty' });
    expect(readWav(Uint8Array.from(Buffer.from('ID3 an MP3')))).toEqual({ ok: false, why: 'it is not a RIFF/WAVE file' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(60), (noise, keep) => {
        const file = pcmWav([1, 2, 3, 4, 5]);
        file.set(noise.subarray(0, Math.max(0, file.length - keep)), Math.min(keep, file.length));
        readWav(file);
        readWav(file.subarray(0, keep));
      }),
    );
  });

  it('are loaded by language, with sounds without words beside them, and a bad one is named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keepline-store-'));
    mkdirSync(join(folder, 'en'));
    writeFileSync(join(folder, 'hold-music.wav'), writeWav(Uint8Array.of(1)));
    writeFileSync(join(folder, 'en', 'welcome.wav'), writeWav(Uint8Array.of(2, 3)));
    const store = await PromptStore.load(folder, 'en');
    expect([...store.prompts.keys()].toSorted()).toEqual(['hold-music', 'welcome']);
    expect(() => store.require(['welcome', 'bye'])).toThrow(/there is no prompt bye/);
    expect((await PromptStore.load(join(folder, 'none'), 'en')).prompts.size).toBe(0);
    writeFileSync(join(folder, 'en', 'bad.wav'), 'nothing');
    await expect(PromptStore.load(folder, 'en')).rejects.toMatchObject({ code: 'PROMPT_UNREADABLE' });
    rmSync(folder, { recursive: true });
  });
});

describe('playing', () => {
  it('cuts any sounds into packets of 20 ms without losing or adding a sample, then fills up with silence', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 }), (sounds) => {
        const player = new Player(sounds, false);
        const heard: number[] = [];
        const packet = new Uint8Array(172);
        while (player.next(packet, 12)) heard.push(...packet.subarray(12));
        const all = sounds.flatMap((sound) => [...sound]);
        expect(heard.slice(0, all.length)).toEqual(all);
        expect(heard.length).toBe(Math.ceil(all.length / 160) * 160);
        expect(heard.slice(all.length).every((sample) => sample === ALAW_SILENCE)).toBe(true);
      }),
    );
  });

  it('loops without a gap, and nothing looped is nothing', () => {
    const player = new Player([Uint8Array.of(1, 2, 3)], true);
    const packet = new Uint8Array(160);
    for (let i = 0; i < 100; i++) expect(player.next(packet, 0)).toBe(true);
    expect([...packet]).toEqual(Array.from({ length: 160 }, (_, i) => ((99 * 160 + i) % 3) + 1));
    expect(new Player([], true).next(packet, 0)).toBe(false);
    expect(new Player([new Uint8Array()], true).next(packet, 0)).toBe(false);
    expect(alawToLinear(ALAW_SILENCE)).toBe(8);
  });
});
