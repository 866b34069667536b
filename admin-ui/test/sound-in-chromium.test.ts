/**
 * The desk's sound against the real media worker: the agent hears the own voice, which therefore went through DTLS, SRTP and PCMA in both
 * directions. Needs the worker binary, as the gateway does.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AgentBrowser, startAgentBrowser } from '@keepline/testkit/agent-browser';
import { tempDir } from '@keepline/testkit/temp-dir';
import { tone, writeWav } from '@keepline/testkit/tone';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeGateway, PASSWORD } from './fake-gateway.ts';
import { AGENT, ringingCall } from './views.ts';

const TONE_HZ = 880;
const configFile = fileURLToPath(new URL('../vite.config.ts', import.meta.url));
const folder = tempDir();
let gateway: FakeGateway;
let agent: AgentBrowser;

beforeAll(async () => {
  const dist = join(folder.path, 'dist');
  const micWav = join(folder.path, 'mic.wav');
  await build({ configFile, logLevel: 'error', build: { outDir: dist } });
  writeWav(micWav, tone([TONE_HZ], 2000, 0.5, 48_000), 48_000);
  gateway = new FakeGateway({ dist, sound: 'echo' });
  agent = await startAgentBrowser({ baseUrl: await gateway.start(), agent: AGENT, password: PASSWORD, micWav });
}, 120_000);
afterAll(async () => {
  await agent?.close();
  await gateway?.close();
  folder.remove();
});

/** Rings with the caller's audio already on its way, as the gateway offers it. */
async function ring(): Promise<void> {
  gateway.showCall(ringingCall());
  await gateway.offerEcho();
  await agent.waitForCall(30_000);
  await expect.poll(() => gateway.asked.at(-1)?.ask).toBe('media.consuming');
}
const heardHz = async (): Promise<number> => {
  const { hz, db } = await agent.heardTone();
  return db > -60 ? hz : 0;
};
/** The media path needs a moment after each act; silence and tone are both waited for. */
async function hears(hz: number): Promise<void> {
  await expect.poll(async () => Math.abs((await heardHz()) - hz)).toBeLessThan(10);
}

describe('the sound of a call', () => {
  it('is there after the answer, and the microphone is heard only while connected and not muted', async () => {
    await agent.ready();
    expect(await agent.linkState()).toBe('up');
    await ring();
    const codecs = gateway.asked.flatMap((request) => (request.ask === 'media.produce' ? [request.rtpParameters] : []));
    expect(codecs).toMatchObject([{ codecs: [{ mimeType: 'audio/PCMA', payloadType: 8 }] }]);
    await hears(0); // ringing: the microphone is off
    await agent.answer();
    expect(await agent.callFacts()).toMatchObject({ state: 'connected', callerNumber: '138******78', isRecording: true });
    await hears(TONE_HZ);
    if (process.env.KEEPLINE_DESK_PICTURES) await agent.screenshot(join(process.env.KEEPLINE_DESK_PICTURES, 'in-call.png'));
    await agent.mute();
    await hears(0);
    await agent.mute();
    await hears(TONE_HZ);
    await agent.hold();
    await hears(0);
    await agent.resume();
    await hears(TONE_HZ);
    await agent.hangup();
    await hears(0);
    await agent.dispose('resolved', 'tone heard');
    expect(await agent.callFacts()).toBeNull();
    expect(gateway.asked.findLast(({ ask }) => ask === 'call.dispose')).toMatchObject({ disposition: 'resolved', note: 'tone heard' });
  }, 120_000);

  it('comes back after the media worker died and after the connection was cut', async () => {
    gateway.forgetSound();
    gateway.push({ push: 'media.rejoin' });
    await expect.poll(() => gateway.asked.at(-1)?.ask).toBe('media.receivable');
    await ring();
    await agent.answer();
    await hears(TONE_HZ);
    await agent.hangup();
    await agent.dispose('resolved');

    gateway.cut();
    await expect.poll(() => gateway.asked.at(-1)?.ask).toBe('media.receivable');
    await ring();
    await agent.answer();
    await hears(TONE_HZ);
    await agent.hangup();
    await agent.dispose('resolved');
  }, 120_000);

  it('names the reason in the words of the site when the agent goes', async () => {
    await agent.notReady('meeting');
    expect(gateway.asked.at(-1)).toMatchObject({ ask: 'agent.not_ready', reason: 'meeting' });
  });
});
