/** The screen as text, in both languages and every state: that it renders at all, and that what the agent must know is on it. */
import type { DeskCall } from '@keepline/contracts/agent-protocol';
import { LINK_CONDITIONS } from '@keepline/contracts/link';
import { renderToString } from 'react-dom/server';
import { I18nextProvider } from 'react-i18next';
import { describe, expect, it } from 'vitest';
import { firstView, ringingCall } from '../../../test/views.ts';
import { makeTexts } from '../../app/language.ts';
import type { DeskActs } from './desk-acts.ts';
import { DeskScreen } from './desk-screen.tsx';
import { type DeskInput, type DeskState, firstState, step } from './desk-state.ts';

const nothing = (): void => {};
const acts: DeskActs = { ask: nothing, draft: nothing, troubleRead: nothing, repairSound: nothing, reconnectNow: nothing };

function textOf(language: 'zh' | 'en', state: DeskState): string {
  const html = renderToString(
    <I18nextProvider i18n={makeTexts(language)}>
      <DeskScreen state={state} acts={acts} />
    </I18nextProvider>,
  );
  return html.replaceAll(/<style.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' ');
}
const withCall = (call: Partial<DeskCall> | null, ...more: DeskInput[]): DeskState =>
  [
    { is: 'opened' } as const,
    { is: 'view' as const, view: { ...firstView(), call: call && { ...ringingCall(), ...call } }, monotonicMs: performance.now() },
    ...more,
  ].reduce(step, firstState);

describe.each(['zh', 'en'] as const)('the desk in %s', (language) => {
  it.each(['ringing', 'dialling', 'connected', 'held', 'wrap_up'] as const)(
    'shows who calls and no raw key of a text while %s',
    (state) => {
      const text = textOf(language, withCall({ state }));
      expect(text).toContain('138******78');
      expect(text).not.toMatch(/\b(call|agent|wrapUp|link|queue|skill|reason|disposition)\.[a-z]/i);
      expect(text).not.toContain('{{');
    },
  );

  it('says that the recording is paused, how to take it up again, and that the site has done so', () => {
    const words = makeTexts(language).t;
    const talking = { state: 'connected', recording: true } as const;
    expect(textOf(language, withCall(talking))).toContain(words('call.pauseRecording'));
    const paused = textOf(language, withCall({ ...talking, pausedUntilMs: Date.now() + 60_000 }));
    expect(paused).toContain(words('call.recordingPaused'));
    expect(paused).toContain(words('call.resumeRecording'));
    expect(textOf(language, withCall({ ...talking, pauseRanOut: true }))).toContain(words('call.pauseRanOut'));
  });

  it('falls back to the code for a disposition and a reason the site has made up', () => {
    const view = { ...firstView(), dispositions: ['sold_gold'], call: { ...ringingCall(), state: 'wrap_up' as const } };
    const away = { ...view, agent: { ...view.agent, reason: 'fire_drill' } };
    const text = textOf(language, step(withCall(null), { is: 'view', view: away, monotonicMs: 0 }));
    expect(text).toContain('sold_gold');
    expect(text).toContain('fire_drill');
  });

  it('says in a call that the agent is not ready afterwards, and for what reason', () => {
    const words = makeTexts(language).t;
    const view = { ...firstView(), call: { ...ringingCall(), state: 'connected' as const } };
    const inCall = (afterwards: string): string =>
      textOf(
        language,
        step(withCall(null), { is: 'view', view: { ...view, agent: { ...view.agent, state: 'in_call', afterwards } }, monotonicMs: 0 }),
      );
    expect(inCall('')).toContain(words('agent.notReadyAfterwards'));
    expect(inCall('lunch')).toContain(words('agent.afterwards', { reason: words('reason.lunch') }));
    expect(inCall('')).not.toContain(words('reason.lunch'));
  });

  it('says what is wrong with the cloud link, in words, while it is not up', () => {
    for (const condition of Object.keys(LINK_CONDITIONS) as Array<keyof typeof LINK_CONDITIONS>) {
      const view = { ...firstView(), link: { ...firstView().link, state: 'down' as const, condition } };
      expect(textOf(language, step(withCall(null), { is: 'view', view, monotonicMs: 0 }))).toContain(LINK_CONDITIONS[condition][language]);
    }
  });

  it('shows a fault it has no words for in the words of the gateway, with its code', () => {
    const trouble = { code: 'NEVER_HEARD_OF', message: 'the moon is full', hint: 'wait' };
    const text = textOf(language, withCall(null, { is: 'settled', ask: 'agent.ready', trouble }));
    expect(text).toContain('the moon is full');
    expect(text).toContain('NEVER_HEARD_OF');
  });
});
