/** A call that was owed, in words; and, after a talk, agreeing on the next one: when, and what the colleague who makes it should know. */
import { Button, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '@keepline/contracts/agent-protocol';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState, NOTE_MAX_LENGTH } from './desk-state.ts';

/** Nothing for a call of another kind. */
export function CalledBackLine({ call }: { readonly call: DeskCall }): ReactNode {
  const { t, i18n } = useTranslation();
  if (call.calledBack === null) return null;
  const { kind, attempt, agreedAtMs, note } = call.calledBack;
  const when = new Date(agreedAtMs).toLocaleString(i18n.language, { dateStyle: 'short', timeStyle: 'short' });
  return (
    <output className="called-back" data-testid="called-back" data-kind={kind}>
      <strong>{t('talk.calledBack', { attempt })}</strong> {t(`talk.calledBackKind.${kind}`, { when })}
      {note !== '' && <span data-testid="called-back-note"> {note}</span>}
    </output>
  );
}

/** Agrees on another call with this customer. */
export function ScheduleCall({
  state,
  call,
  acts,
}: {
  readonly state: DeskState;
  readonly call: DeskCall;
  readonly acts: DeskActs;
}): ReactNode {
  const { t } = useTranslation();
  const [when, setWhen] = useState('');
  const [note, setNote] = useState('');
  const isAsking = state.asking.includes('call.schedule');
  const atMs = new Date(when).getTime(); // the field speaks the time of the browser; NaN while it is empty
  return (
    <fieldset className="call-buttons" data-testid="schedule-call">
      <legend className="wrap-up-label">{t('talk.schedule')}</legend>
      <Input
        type="datetime-local"
        data-testid="schedule-when"
        aria-label={t('talk.scheduleWhen')}
        value={when}
        onChange={(event) => setWhen(event.target.value)}
      />
      <Input
        data-testid="schedule-note"
        aria-label={t('talk.scheduleNote')}
        placeholder={t('talk.scheduleNote')}
        maxLength={NOTE_MAX_LENGTH}
        autoComplete="off"
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <Button
        data-testid="call.schedule"
        disabled={Number.isNaN(atMs) || !allowedAsks(state).has('call.schedule')}
        loading={isAsking}
        onClick={() => acts.ask({ ask: 'call.schedule', callId: call.callId, atMs, note })}
      >
        {t('talk.scheduleDone')}
      </Button>
    </fieldset>
  );
}
