/** The call as the agent sees it, from the screen pop to the end of the wrap-up. */
import { PhoneOutlined } from '@ant-design/icons';
import { Card, Tag } from 'antd';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '@keepline/contracts/agent-protocol';
import { durationText } from '../../ui/duration.ts';
import { Ticking } from '../../ui/ticking.tsx';
import { CalledBackLine } from './callback-panel.tsx';
import { CallButtons } from './call-buttons.tsx';
import { CallFactsList } from './call-facts-list.tsx';
import type { Purpose } from './conversation.ts';
import { ChooseButton, ConversationPanel } from './conversation-panel.tsx';
import type { DeskActs } from './desk-acts.ts';
import { callOf, type DeskState, isMuted, isOffered, phaseOf, serverNowMs } from './desk-state.ts';
import { SuggestionPanel } from './suggestion-panel.tsx';
import { WrapUp } from './wrap-up.tsx';

export interface CallCardProps {
  readonly state: DeskState;
  readonly acts: DeskActs;
  readonly onChoose: (purpose: Purpose) => void;
}

export function CallCard({ state, acts, onChoose }: CallCardProps): ReactNode {
  const { t } = useTranslation();
  const call = callOf(state);
  const card = useRef<HTMLDivElement>(null);
  const callState = call?.state;
  useEffect(() => {
    // Ringing: Enter answers. Wrap-up: arrows choose the outcome. In the call no key may hang up by chance, so the card itself has the focus.
    if (callState === undefined) return;
    const first = card.current?.querySelector<HTMLElement>('[data-first-focus]');
    const target = first?.matches('button') ? first : (first?.querySelector<HTMLElement>('input') ?? card.current);
    target?.focus();
  }, [callState]);

  if (!call) return <IdleCard state={state} onChoose={onChoose} />;
  const phase = phaseOf(call);
  return (
    <Card className={`call-card call-${call.state}`} data-testid="call-card" data-state={call.state} data-call-id={call.callId}>
      <div ref={card} tabIndex={-1} className="call-body">
        <header className="call-head">
          <div className="call-who">
            <span className="call-number numeric" data-testid="caller-number">
              {call.callerNumber === '' ? t('call.noNumber') : call.callerNumber}
            </span>
            <span className="call-name">{call.callerName === '' ? t('call.noName') : call.callerName}</span>
          </div>
          <div className="call-time" role="timer" aria-label={t(`call.state.${phase}`)}>
            <CallTags call={call} isMuted={isMuted(state)} />
            <CallClock state={state} call={call} />
          </div>
        </header>
        <output className="for-screen-readers" aria-live="assertive">
          {isOffered(call) ? `${t('call.titleRinging')} ${call.callerNumber} ${call.callerName}` : t(`call.state.${phase}`)}
        </output>
        <CalledBackLine call={call} />
        <CallFactsList call={call} />
        {call.state === 'wrap_up' ? (
          <WrapUp state={state} call={call} acts={acts} />
        ) : (
          <>
            <CallButtons state={state} call={call} acts={acts} />
            <ConversationPanel state={state} call={call} acts={acts} onChoose={onChoose} />
          </>
        )}
        <SuggestionPanel key={call.callId} call={call} link={state.view?.link?.state} />
      </div>
    </Card>
  );
}

function IdleCard({ state, onChoose }: Pick<CallCardProps, 'state' | 'onChoose'>): ReactNode {
  const { t } = useTranslation();
  const isReady = state.view?.agent.state === 'ready';
  return (
    <Card className="call-card call-none" data-testid="call-card" data-state="none">
      <div className="call-idle">
        <PhoneOutlined className="call-idle-icon" aria-hidden="true" />
        <strong>{t('call.idle')}</strong>
        <span className="quiet">{t(isReady ? 'call.idleReady' : 'call.idleNotReady')}</span>
        <ChooseButton purpose="dial" state={state} onChoose={onChoose} />
        {!isReady && <span className="quiet">{t('talk.dialIdle')}</span>}
      </div>
    </Card>
  );
}

function CallTags({ call, isMuted: muted }: { readonly call: DeskCall; readonly isMuted: boolean }): ReactNode {
  const { t } = useTranslation();
  const talks = call.state === 'connected' || call.state === 'held';
  return (
    <span className="call-tags">
      {talks && (
        <Tag color={TAPE_COLOURS[tapeOf(call)]} data-testid="recording-indicator" data-state={tapeOf(call)}>
          {tapeOf(call) === 'on' && <span className="recording-dot" aria-hidden="true" />}
          {t(TAPE_TEXTS[tapeOf(call)])}
        </Tag>
      )}
      {talks && call.pauseRanOut && (
        <Tag color="warning" role="alert" data-testid="pause-ran-out">
          {t('call.pauseRanOut')}
        </Tag>
      )}
      {talks && muted && <Tag color="warning">{t('call.muted')}</Tag>}
      <Tag color={TAG_COLOURS[phaseOf(call)]}>{t(`call.state.${phaseOf(call)}`)}</Tag>
    </span>
  );
}
const tapeOf = (call: DeskCall): 'on' | 'paused' | 'off' => (!call.recording ? 'off' : call.pausedUntilMs > 0 ? 'paused' : 'on');
const TAPE_COLOURS = { on: 'error', paused: 'warning', off: 'default' } as const;
const TAPE_TEXTS = { on: 'call.recording', paused: 'call.recordingPaused', off: 'call.notRecording' } as const;
const TAG_COLOURS = {
  ringing: 'processing',
  dialling: 'processing',
  joining: 'processing',
  connected: 'success',
  held: 'warning',
  wrap_up: 'default',
} as const;

/** Ringing: since when. Talking: since when. After: how long it was. */
function CallClock({ state, call }: { readonly state: DeskState; readonly call: DeskCall }): ReactNode {
  const { t } = useTranslation();
  if (call.state === 'wrap_up') {
    const talkedMs = call.connectedSinceMs === 0 ? 0 : call.endedAtMs - call.connectedSinceMs;
    return (
      <span className="call-clock numeric" data-testid="call-clock">
        <small>{t('call.talked')}</small> {durationText(talkedMs)}
      </span>
    );
  }
  const [label, sinceMs] =
    call.state === 'ringing' || call.state === 'dialling' ? ['call.ringing', call.ringingSinceMs] : ['call.talked', call.connectedSinceMs];
  return (
    <span className="call-clock numeric" data-testid="call-clock">
      <small>{t(label)}</small> <Ticking>{(now) => durationText(serverNowMs(state, now) - sinceMs)}</Ticking>
    </span>
  );
}
