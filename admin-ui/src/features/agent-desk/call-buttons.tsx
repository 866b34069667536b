/** Answer and decline; hold, mute, pause the recording and hang up: large, in the same place throughout a call, each with its key. */
import {
  AudioMutedOutlined,
  AudioOutlined,
  PauseCircleOutlined,
  PauseOutlined,
  PhoneOutlined,
  PlayCircleOutlined,
  StopOutlined,
} from '@ant-design/icons';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskAsk, DeskCall } from '@keepline/contracts/agent-protocol';
import { KeyHint } from '../../ui/key-hint.tsx';
import { isBetweenTwo } from './conversation.ts';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState, isMuted, isOffered } from './desk-state.ts';
import { type Act, holdAsk, keyOf, pauseAsk } from './shortcuts.ts';

export interface CallButtonsProps {
  readonly state: DeskState;
  readonly call: DeskCall;
  readonly acts: DeskActs;
}

export function CallButtons({ state, call, acts }: CallButtonsProps): ReactNode {
  const { t } = useTranslation();
  const allowed = allowedAsks(state);
  const { callId } = call;
  const common = (ask: DeskAsk, act: Act) => ({
    size: 'large' as const,
    disabled: !allowed.has(ask) && !state.asking.includes(ask),
    loading: state.asking.includes(ask),
    'aria-keyshortcuts': keyOf(act),
  });
  if (isOffered(call)) {
    return (
      <div className="call-buttons">
        <Button
          {...common('call.answer', 'answer')}
          type="primary"
          className="answer"
          data-testid="answer"
          data-first-focus
          icon={<PhoneOutlined />}
          onClick={() => acts.ask({ ask: 'call.answer', callId })}
        >
          {t('call.answer')}
          <KeyHint keys={keyOf('answer')} />
        </Button>
        <Button
          {...common('call.decline', 'decline')}
          danger
          data-testid="decline"
          icon={<StopOutlined />}
          onClick={() => acts.ask({ ask: 'call.decline', callId })}
        >
          {t('call.decline')}
          <KeyHint keys={keyOf('decline')} />
        </Button>
      </div>
    );
  }
  // Hold, and what is on tape, belong to the agent whose call it is.
  const isOwn = call.part === 'agent';
  const isHeld = call.state === 'held';
  const [away, back] = isBetweenTwo(call) ? ['talk.toConsulted', 'talk.toCaller'] : ['call.hold', 'call.resume'];
  const muted = isMuted(state);
  const isPaused = call.pausedUntilMs > 0;
  return (
    <div className="call-buttons">
      {isOwn && (
        <Button
          {...common(holdAsk(call), 'hold')}
          type={isHeld ? 'primary' : 'default'}
          data-testid={isHeld ? 'resume' : 'hold'}
          icon={isHeld ? <PlayCircleOutlined /> : <PauseOutlined />}
          onClick={() => acts.ask({ ask: holdAsk(call), callId })}
        >
          {t(isHeld ? back : away)}
          <KeyHint keys={keyOf('hold')} />
        </Button>
      )}
      <Button
        {...common('call.mute', 'mute')}
        data-testid="mute"
        aria-pressed={muted}
        icon={muted ? <AudioMutedOutlined /> : <AudioOutlined />}
        onClick={() => acts.ask({ ask: 'call.mute', callId, muted: !muted })}
      >
        {t(muted ? 'call.unmute' : 'call.mute')}
        <KeyHint keys={keyOf('mute')} />
      </Button>
      {isOwn && (
        <Button
          {...common(pauseAsk(call), 'pause_recording')}
          type={isPaused ? 'primary' : 'default'}
          data-testid="pause-recording"
          aria-pressed={isPaused}
          icon={<PauseCircleOutlined />}
          onClick={() => acts.ask({ ask: pauseAsk(call), callId })}
        >
          {t(isPaused ? 'call.resumeRecording' : 'call.pauseRecording')}
          <KeyHint keys={keyOf('pause_recording')} />
        </Button>
      )}
      <span className="call-buttons-gap" />
      <Button
        {...common('call.hangup', 'hangup')}
        type="primary"
        danger
        data-testid="hangup"
        icon={<PhoneOutlined rotate={225} />}
        onClick={() => acts.ask({ ask: 'call.hangup', callId })}
      >
        {t(isOwn ? 'call.hangup' : 'talk.leave')}
        <KeyHint keys={keyOf('hangup')} />
      </Button>
    </div>
  );
}
