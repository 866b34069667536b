/**
 * One call of the demo, played by a soft phone and a scripted agent in a real browser: menu, key, queue, answer, talk, goodbye. Every
 * figure comes from listening, not from what the site says of itself.
 */
import type { AgentBrowser } from '../agent-browser.ts';
import { eventually } from '../eventually.ts';
import type { Site } from '../site.ts';
import type { Softphone } from '../softphone.ts';
import { loudness, toneShare } from '../tone.ts';
import type { CallFigures } from './figures.ts';

/** The caller hums this, the agent that; the hold music has neither. */
export const CALLER_HZ = 440;
export const AGENT_HZ = 620;
/** Sound of a menu is far above this; silence is below (16-bit RMS). */
const AUDIBLE = 200;

export interface Scene {
  readonly site: Site;
  readonly phone: Softphone;
  readonly agent: AgentBrowser;
  readonly number: string;
  readonly tell: (step: string) => void;
}

export interface SceneCall {
  readonly hold: boolean;
  readonly endedBy: 'caller' | 'agent';
  /** Counts as a call during an outage. */
  readonly outage: boolean;
  /** Happens when the menu has been heard, just before the key: the worst moment to lose the cloud. */
  readonly beforeKey?: () => Promise<void>;
}

export async function playCall(scene: Scene, how: SceneCall): Promise<CallFigures> {
  const { site, phone, agent, number, tell } = scene;
  const figures: CallFigures = {
    outage: how.outage,
    answered: false,
    recorded: false,
    callerHeard: false,
    agentHeard: false,
    routingDelayMs: 0,
  };
  const call = await phone.call(site.place.sip, number, { says: [CALLER_HZ], number: '13800138000', name: 'Zhang' });
  tell(`the site answered: ${Math.round(call.ringMs)} ms to ringing, ${Math.round(call.answerMs)} ms to the answer`);
  await eventually('the menu is heard', () => loudness(call.line.heard(200)) > AUDIBLE);
  if (how.beforeKey) {
    // The menu is over when a second of silence follows; from then on a key is acted on at once.
    await eventually('the menu is over', () => loudness(call.line.heard(800)) < AUDIBLE, 40_000);
    await how.beforeKey();
  }
  await call.press('1');
  tell('the caller heard the menu and pressed 1');
  await agent.waitForCall(20_000);
  tell('the agent sees the caller on the screen');
  await agent.answer();
  figures.answered = true;
  figures.callerHeard = await is(() => toneShare(call.line.heard(500), AGENT_HZ) > 0.5);
  figures.agentHeard = await is(async () => Math.abs((await agent.heardTone()).hz - CALLER_HZ) < 15);
  tell(`both talk: the caller ${heard(figures.callerHeard)} the agent, the agent ${heard(figures.agentHeard)} the caller`);
  if (how.hold) {
    await agent.hold();
    const music = await is(() => toneShare(call.line.heard(500), AGENT_HZ) < 0.05 && loudness(call.line.heard(500)) > AUDIBLE);
    await agent.resume();
    const back = await is(() => toneShare(call.line.heard(500), AGENT_HZ) > 0.5);
    tell(`on hold the caller heard ${music ? 'music' : 'no music'}, and afterwards ${heard(back)} the agent again`);
    figures.callerHeard &&= music && back;
  }
  if (how.endedBy === 'caller') await call.hangup();
  else await agent.hangup();
  await call.ended;
  await agent.dispose('resolved');
  tell(`the ${how.endedBy} hung up; the agent noted the outcome`);
  return figures;
}

const heard = (did: boolean): string => (did ? 'hears' : 'DOES NOT HEAR');

async function is(look: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await eventually('heard', look, 8000);
  } catch {
    return false;
  }
}
