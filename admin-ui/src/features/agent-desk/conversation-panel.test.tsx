/** A call with others, as text in both languages: who is there, who hears whom, and what can be done. */
import type { DeskCall, DeskParty, DeskView } from '@keepline/contracts/agent-protocol';
import { renderToString } from 'react-dom/server';
import { I18nextProvider } from 'react-i18next';
import { describe, expect, it } from 'vitest';
import { firstView, ringingCall } from '../../../test/views.ts';
import { makeTexts } from '../../app/language.ts';
import type { DeskActs } from './desk-acts.ts';
import { DeskScreen } from './desk-screen.tsx';
import { type DeskState, firstState, step } from './desk-state.ts';
import { TargetDialog } from './target-dialog.tsx';

const nothing = (): void => {};
const acts: DeskActs = { ask: nothing, draft: nothing, troubleRead: nothing, repairSound: nothing, reconnectNow: nothing };
const ASKED: DeskParty = { role: 'consulted', name: '王磊', state: 'talking', mode: null };
const BOSS: DeskParty = { role: 'supervisor', name: '陈敏', state: 'talking', mode: 'whisper' };

/** Ant Design spreads the two characters of a short button. */
const bare = (text: string): string => text.replaceAll(/\s/g, '');

const seen = (call: Partial<DeskCall> | null, more: Partial<DeskView> = {}): DeskState =>
  step(step(firstState, { is: 'opened' }), {
    is: 'view',
    view: { ...firstView(), ...more, call: call && { ...ringingCall(), state: 'connected', ...call } },
    monotonicMs: performance.now(),
  });

describe.each(['zh', 'en'] as const)('a call with others in %s', (language) => {
  const texts = makeTexts(language);
  const words = texts.t;
  const textOf = (state: DeskState, dialog?: 'transfer' | 'consult' | 'dial'): string => {
    const screen =
      dialog && state.view ? (
        <TargetDialog purpose={dialog} view={state.view} state={state} acts={acts} onClose={nothing} />
      ) : (
        <DeskScreen state={state} acts={acts} />
      );
    const html = renderToString(<I18nextProvider i18n={texts}>{screen}</I18nextProvider>);
    return html.replaceAll(/<style.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' ');
  };

  it('offers to transfer and to consult, then to confer, to complete, to let go and to go back', () => {
    const alone = textOf(seen({}));
    expect(alone).toContain(words('talk.transfer'));
    expect(alone).not.toContain(words('talk.complete'));
    const asking = textOf(seen({ state: 'held', parties: [ASKED] }));
    for (const key of ['conference', 'complete', 'release', 'toCaller']) expect(asking).toContain(words(`talk.${key}`));
    expect(textOf(seen({ parties: [ASKED] }))).toContain(words('talk.toConsulted'));
    expect(textOf(seen({ state: 'held', parties: [{ ...ASKED, state: 'ringing' }] }))).toContain(words('talk.cancelRing'));
  });

  it('lets the agent start and stop the recording where the queue records on demand, and nowhere else', () => {
    expect(textOf(seen({}))).not.toContain(words('talk.startRecording'));
    expect(textOf(seen({ recordingPolicy: 'on_demand' }))).toContain(words('talk.startRecording'));
    expect(textOf(seen({ recordingPolicy: 'on_demand', recording: true }))).toContain(words('talk.stopRecording'));
  });

  it('shows what could be picked up and what is parked, each with its number masked, and offers to park', () => {
    const sinceMs = Date.now() - 61_000;
    const calls: Partial<DeskView> = {
      pickable: [
        { callId: 'call-1', state: 'ringing', queue: 'service', agentName: '王磊', callerNumber: '138******78', sinceMs },
        { callId: 'call-2', state: 'waiting', queue: 'service', agentName: '', callerNumber: '139******11', sinceMs },
      ],
      parked: [{ slot: 703, queue: 'service', callerNumber: '137******22', parkedBy: '陈敏', sinceMs }],
    };
    const text = textOf(seen(null, calls));
    for (const part of ['138******78', '139******11', '137******22']) expect(text).toContain(part);
    expect(text).toContain(words('pickup.ringing', { name: '王磊' }));
    expect(text).toContain(words('pickup.parkedBy', { name: '陈敏' }));
    expect(bare(text)).toContain(bare(words('pickup.retrieve')));
    expect(textOf(seen(null))).not.toContain(words('pickup.title'));
    expect(bare(textOf(seen({})))).toContain(bare(words('talk.park')));
  });

  it('says who hears whom, and who supervises', () => {
    const text = textOf(seen({ state: 'held', parties: [ASKED, BOSS] }));
    expect(text).toContain(words('talk.hears.consult', { name: '王磊' }));
    expect(text).toContain(words('talk.hears.whisper', { name: '陈敏' }));
    expect(text).not.toContain('{{');
    expect(textOf(seen({ part: 'consulted', ofAgent: '李静' }))).toContain(words('talk.hears.asked', { name: '李静' }));
  });

  it.each(['answered', 'declined', 'no_answer', 'agent_lost', 'busy', 'refused', 'unreachable', 'withdrawn'] as const)(
    'says what became of the consultation before: %s',
    (lastConsult) => {
      const outcome = words(`talk.outcome.${lastConsult}`);
      expect(outcome).not.toContain('talk.');
      expect(textOf(seen({ lastConsult }))).toContain(words('talk.lastConsult', { outcome }));
      expect(textOf(seen({ lastConsult, parties: [ASKED] }))).not.toContain(outcome);
    },
  );

  it('lets choose whom: queues first for a transfer, colleagues for a consultation, a number alone for a call out', () => {
    const view = { colleagues: [{ id: 'agent2', name: '王磊' }] };
    expect(textOf(seen({}, view), 'transfer')).toContain('vip-private-banking');
    const consult = textOf(seen({}, view), 'consult');
    expect(consult).toContain('王磊');
    expect(consult).not.toContain('vip-private-banking');
    expect(textOf(seen({}), 'consult')).toContain(words('talk.noColleague'));
    expect(textOf(seen(null), 'dial')).toContain(words('talk.numberRule'));
  });

  it('offers to call out while no call is there, and says of such a call that it is being dialled and by whom', () => {
    expect(textOf(seen(null))).toContain(words('talk.dial'));
    const because = { how: 'dialled', skill: '', advice: 'not_asked', reason: null } as const;
    const text = textOf(seen({ state: 'ringing', direction: 'out', queue: '', routedBecause: because }));
    expect(text).toContain(words('call.state.dialling'));
    expect(text).toContain(words('because.dialled'));
    expect(text).not.toContain(words('because.advice.not_asked'));
    expect(text).not.toContain(words('call.decline'));
  });

  it('shows the calls of the team to who may supervise them, and to nobody else', () => {
    const team = [{ callId: ringingCall().callId, agentName: '王磊', queue: 'service', connectedSinceMs: Date.now() }];
    const text = bare(textOf(seen(null, { team })));
    for (const key of ['title', 'monitor', 'whisper', 'barge']) expect(text).toContain(bare(words(`team.${key}`)));
    expect(text).toContain('王磊');
    expect(textOf(seen(null, { team: [] }))).toContain(words('team.none'));
    expect(textOf(seen(null))).not.toContain(words('team.title'));
  });

  it('tells a supervisor how she is in the call, and lets her change that or leave, but neither hold nor pause', () => {
    const text = bare(textOf(seen({ part: 'supervisor', mode: 'whisper', ofAgent: '李静', recording: true }, { team: [] })));
    expect(text).toContain(bare(words('talk.hears.self_whisper', { name: '李静' })));
    for (const key of ['talk.leave', 'team.monitor', 'team.barge', 'call.mute']) expect(text).toContain(bare(words(key)));
    for (const key of ['call.hold', 'call.pauseRecording', 'talk.transfer']) expect(text).not.toContain(bare(words(key)));
    expect(textOf(seen({ part: 'supervisor', mode: 'monitor', state: 'ringing' }, { team: [] }))).toContain(words('call.state.joining'));
  });

  it.each([
    'SUPERVISOR_PRESENT',
    'COLLEAGUE_BUSY',
    'DIAL_NOT_ALLOWED',
    'DIAL_NO_TRUNK',
    'DIAL_NUMBER_INVALID',
    'AGENT_UNKNOWN',
    'QUEUE_FULL',
  ])('has words of its own for the refusal %s', (code) => {
    const trouble = { code, message: 'as the gateway says it', hint: '' };
    const text = textOf(step(seen({}), { is: 'settled', ask: 'call.transfer', trouble }));
    expect(text).toContain(words(`error.${code}.message`));
    expect(text).not.toContain('as the gateway says it');
  });
});
