/** The desk at work: makes the session for as long as the page stands, and gives the screen its state. */
import { Spin } from 'antd';
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { systemClock } from '@keepline/contracts/clock';
import type { DeskActs } from './desk-acts.ts';
import { DeskScreen } from './desk-screen.tsx';
import { DeskSession } from './desk-session.ts';
import { type ByeReason, callOf, firstState } from './desk-state.ts';
import { BrowserAudioPath } from './media/audio-path.ts';
import { makeRingTone } from './media/ring-tone.ts';
import { makeSpeaker } from './media/speaker.ts';

export interface DeskPageProps {
  /** The gateway ended the session, or another place took it over. */
  readonly onBye: (why: ByeReason) => void;
  /** A connection was refused; perhaps the sign-in no longer stands. */
  readonly onRefused: () => void;
  /** Whether a call is on the desk, during which signing out would drop it. */
  readonly onBusy: (isBusy: boolean) => void;
}

export function DeskPage({ onBye, onRefused, onBusy }: DeskPageProps): ReactNode {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [session, setSession] = useState<DeskSession | null>(null);
  const refused = useRef(onRefused);
  useEffect(() => {
    refused.current = onRefused;
  });
  useEffect(() => {
    if (!audio.current) return;
    const made = startSession(audio.current, () => refused.current());
    const hurry = (): void => made.hurry();
    const devicesChanged = (): void => made.devicesChanged();
    window.addEventListener('online', hurry);
    // Only pages in a secure context have it; others are told so when the microphone is opened.
    const devices: MediaDevices | undefined = navigator.mediaDevices;
    devices?.addEventListener('devicechange', devicesChanged);
    setSession(made);
    return () => {
      window.removeEventListener('online', hurry);
      devices?.removeEventListener('devicechange', devicesChanged);
      made.close();
    };
  }, []);

  const [subscribe, snapshot] = useMemo(() => {
    return [(listener: () => void) => session?.subscribe(listener) ?? (() => {}), () => session?.state ?? firstState] as const;
  }, [session]);
  const state = useSyncExternalStore(subscribe, snapshot, snapshot);
  const acts = useMemo(() => actsOf(session), [session]);

  const { bye } = state;
  useEffect(() => {
    if (bye === 'signed_in_elsewhere' || bye === 'session_ended') onBye(bye);
  }, [bye, onBye]);
  const callState = callOf(state)?.state;
  useEffect(() => onBusy(callState !== undefined), [callState, onBusy]);
  useEffect(() => {
    const plain = t('brand');
    document.title = callState === 'ringing' ? `☎ ${t('call.titleRinging')} · ${plain}` : `${t('deskTitle')} · ${plain}`;
  }, [callState, t]);

  return (
    <>
      <audio ref={audio} data-testid="remote-audio" autoPlay playsInline />
      {state.view ? (
        <DeskScreen state={state} acts={acts} />
      ) : (
        <Spin className="desk-wait" description={t('connection.connecting')} size="large" />
      )}
    </>
  );
}

function startSession(audio: HTMLAudioElement, onRefused: () => void): DeskSession {
  const url = new URL('/ws/agent', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const plain = new URLSearchParams(location.search).get('plain-audio') === '1';
  const speaker = makeSpeaker(audio);
  const session = new DeskSession({
    url: url.href,
    clock: systemClock,
    random: Math.random,
    ringTone: makeRingTone(),
    makeAudioPath: (events) => new BrowserAudioPath({ ...events, speaker, plain }),
    onRefused,
  });
  session.start();
  return session;
}

function actsOf(session: DeskSession | null): DeskActs {
  return {
    ask: (request) => void session?.ask(request),
    draft: (disposition, note) => session?.draft(disposition, note),
    troubleRead: () => session?.troubleRead(),
    repairSound: () => session?.repairSound(),
    reconnectNow: () => session?.hurry(),
  };
}
