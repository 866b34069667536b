/** Prompts from texts, with the real programs where they are and without them. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { share } from '../../fixtures/rtp/goertzel.ts';
import { alawToLinear } from './g711.ts';
import { holdMusic, signalFor } from './melody.ts';
import { makePrompts } from './prompt-maker.ts';
import { readWav } from './prompt-sound.ts';

const prompts = {
  welcome: { zh: '您好，欢迎致电。', en: 'Hello and welcome.' },
  menu: { zh: '办卡请按一。', en: '-v For cards, press one.' }, // begins like an option
};
let outDir: string;
beforeEach(() => {
  outDir = mkdtempSync(join(tmpdir(), 'keepline-made-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(outDir, { recursive: true });
});
const sound = (file: string): Uint8Array => {
  const reading = readWav(readFileSync(join(outDir, file)));
  if (!reading.ok) throw new Error(reading.why);
  return reading.alaw;
};

describe('making prompts', () => {
  it('speaks every text in both languages, adds hold music and a ringing tone, and makes only what changed', async () => {
    const log = vi.fn<(line: string) => void>();
    expect(await makePrompts({ prompts, outDir, log })).toEqual({ made: 6, current: 0, signals: 0 });
    expect(sound('zh/welcome.wav').length).toBeGreaterThan(4000);
    expect(sound('en/menu.wav')).not.toEqual(sound('zh/menu.wav'));
    const before = statSync(join(outDir, 'zh/menu.wav')).mtimeMs;

    const changed = { ...prompts, welcome: { ...prompts.welcome, en: 'Good day.' } };
    expect(await makePrompts({ prompts: changed, outDir, log })).toEqual({ made: 1, current: 5, signals: 0 });
    expect(statSync(join(outDir, 'zh/menu.wav')).mtimeMs).toBe(before);
    rmSync(join(outDir, 'zh/menu.wav'));
    expect(await makePrompts({ prompts: changed, outDir, log })).toEqual({ made: 1, current: 5, signals: 0 });
  });

  it('makes a signal of its own per prompt where the programs are missing, says so, and speaks once they are there', async () => {
    const path = process.env['PATH'] ?? '';
    vi.stubEnv('PATH', '/nowhere');
    const lines: string[] = [];
    expect(await makePrompts({ prompts, outDir, log: (line) => lines.push(line) })).toEqual({ made: 6, current: 0, signals: 4 });
    expect(lines[0]).toMatch(/apt-get install -y espeak-ng sox/);
    expect(sound('zh/welcome.wav')).not.toEqual(sound('zh/menu.wav'));
    vi.stubEnv('PATH', path);
    expect(await makePrompts({ prompts, outDir, log() {} })).toEqual({ made: 4, current: 2, signals: 0 });
  });

  it('takes what a bundle carries by its words, whatever it is called there, and makes signals of the rest only', async () => {
    const carried = join(outDir, 'carried');
    await makePrompts({ prompts, outDir: carried, log() {} });
    vi.stubEnv('PATH', '/nowhere');
    const lines: string[] = [];
    const own = { hello: prompts.welcome, menu: { ...prompts.menu, en: 'For loans, press two.' } };
    const site = join(outDir, 'site');
    await makePrompts({ prompts: own, outDir: site, carried, log: (line) => lines.push(line) });
    expect(sound('site/zh/hello.wav')).toEqual(sound('carried/zh/welcome.wav'));
    expect(sound('site/zh/menu.wav')).toEqual(sound('carried/zh/menu.wav'));
    expect(lines[0]).toContain('1 prompt file(s) are tone signals');
    expect(await makePrompts({ prompts: own, outDir: site, carried, log() {} })).toEqual({ made: 0, current: 6, signals: 1 });
  });
});

describe('sounds made by code', () => {
  const bands = [400, 425, 440, 450, 600, 625, 650, 850, 875, 900, 1000, 1050, 1100];
  it('leave the bands of testers alone', () => {
    const music = Float64Array.from(holdMusic(), alawToLinear);
    for (let from = 0; from + 8000 <= music.length; from += 4000) {
      for (const hz of bands) expect(share(music.subarray(from, from + 8000), hz)).toBeLessThan(0.01);
    }
  });

  it('can be heard, do not clip, and loop without a seam', () => {
    const music = Array.from(holdMusic(), alawToLinear);
    const loudest = music.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeGreaterThan(8000);
    expect(loudest).toBeLessThan(31_000);
    expect(Math.abs((music.at(-1) ?? 0) - (music[0] ?? 0))).toBeLessThan(2000);
  });

  it('differ from prompt to prompt', () => {
    const signals = new Set(['zh welcome', 'zh menu', 'en welcome', 'en menu', 'zh retry'].map((name) => signalFor(name).join()));
    expect(signals.size).toBe(5);
  });
});
