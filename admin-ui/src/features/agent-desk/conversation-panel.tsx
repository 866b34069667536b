/** Who is in the call and who hears whom, in words; transfer, consult, and what follows a consultation. */
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '@keepline/contracts/agent-protocol';
import { KeyHint } from '../../ui/key-hint.tsx';
import { consultedIn, hearingOf, type Purpose, PURPOSE_ASKS } from './conversation.ts';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState } from './desk-state.ts';
import { keyOf } from './shortcuts.ts';
import { SecretButtons } from './secret-buttons.tsx';
import { SuperviseButtons } from './team-panel.tsx';
import './conversation.css';

export interface ConversationPanelProps {
  readonly state: DeskState;
  readonly call: DeskCall;
  readonly acts: DeskActs;
  readonly onChoose: (purpose: Purpose) => void;
}

export function ConversationPanel({ state, call, acts, onChoose }: ConversationPanelProps): ReactNode {
  const { t } = useTranslation();
  const consulted = consultedIn(call);
  return (
    <section className="conversation" aria-label={t('talk.title')}>
      <ul className="conversation-lines" aria-live="polite" data-testid="hearing">
        {hearingOf(call).map(({ key, name }) => (
          <li key={`${key} ${name}`} data-hearing={key}>
            {t(`talk.hears.${key}`, { name })}
          </li>
        ))}
        {!consulted && call.lastConsult !== null && (
          <li className="quiet" data-testid="last-consult" data-outcome={call.lastConsult}>
            {t('talk.lastConsult', { outcome: t(`talk.outcome.${call.lastConsult}`) })}
          </li>
        )}
      </ul>
      {call.part === 'supervisor' && call.state === 'connected' && (
        <div className="call-buttons">
          <SuperviseButtons state={state} callId={call.callId} acts={acts} size="large" />
        </div>
      )}
      {call.part === 'agent' && (call.state === 'connected' || call.state === 'held') && (
        <div className="call-buttons">
          <SecretButtons state={state} call={call} acts={acts} />
          {call.recordingPolicy === 'on_demand' && <OnDemandButton state={state} call={call} acts={acts} />}
          {consulted ? (
            <AfterConsult state={state} call={call} acts={acts} />
          ) : (
            <>
              {(['transfer', 'consult'] as const).map((purpose) => (
                <ChooseButton key={purpose} purpose={purpose} state={state} onChoose={onChoose} />
              ))}
              <AskButton ask="call.park" state={state} call={call} acts={acts} text={t('talk.park')} />
            </>
          )}
        </div>
      )}
    </section>
  );
}

/** Opens the choice of whom. */
export function ChooseButton({
  purpose,
  state,
  onChoose,
}: Pick<ConversationPanelProps, 'state' | 'onChoose'> & { readonly purpose: Purpose }): ReactNode {
  const { t } = useTranslation();
  const ask = PURPOSE_ASKS[purpose];
  const isAsking = state.asking.includes(ask);
  return (
    <Button
      size="large"
      data-testid={purpose}
      disabled={!allowedAsks(state).has(ask) && !isAsking}
      loading={isAsking}
      aria-haspopup="dialog"
      aria-keyshortcuts={keyOf(purpose)}
      onClick={() => onChoose(purpose)}
    >
      {t(`talk.${purpose}`)}
      <KeyHint keys={keyOf(purpose)} />
    </Button>
  );
}

function AfterConsult({ state, call, acts }: Omit<ConversationPanelProps, 'onChoose'>): ReactNode {
  const { t } = useTranslation();
  const allowed = allowedAsks(state);
  const isRinging = consultedIn(call)?.state === 'ringing';
  return (['conference', 'complete', 'release'] as const).map((act) => {
    const ask = `call.${act}` as const;
    const isAsking = state.asking.includes(ask);
    return (
      <Button
        key={act}
        size="large"
        data-testid={act}
        disabled={!allowed.has(ask) && !isAsking}
        loading={isAsking}
        aria-keyshortcuts={keyOf(act)}
        onClick={() => acts.ask({ ask, callId: call.callId })}
      >
        {t(act === 'release' && isRinging ? 'talk.cancelRing' : `talk.${act}`)}
        <KeyHint keys={keyOf(act)} />
      </Button>
    );
  });
}

/** Where the queue leaves it to the agent whether the talk is recorded. */
function OnDemandButton(props: Omit<ConversationPanelProps, 'onChoose'>): ReactNode {
  const { t } = useTranslation();
  const { recording } = props.call;
  return (
    <AskButton
      {...props}
      ask={recording ? 'recording.stop' : 'recording.start'}
      pressed={recording}
      text={t(recording ? 'talk.stopRecording' : 'talk.startRecording')}
    />
  );
}

interface AskButtonProps extends Omit<ConversationPanelProps, 'onChoose'> {
  readonly ask: 'recording.start' | 'recording.stop' | 'call.park';
  readonly text: string;
  readonly pressed?: boolean;
}

function AskButton({ state, call, acts, ask, text, pressed }: AskButtonProps): ReactNode {
  const isAsking = state.asking.includes(ask);
  return (
    <Button
      size="large"
      data-testid={ask}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      disabled={!allowedAsks(state).has(ask) && !isAsking}
      loading={isAsking}
      onClick={() => acts.ask({ ask, callId: call.callId })}
    >
      {text}
    </Button>
  );
}
