/** After the call: the outcome, which must be chosen, a note, and how long there is left. */
import { Button, Input, Radio } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '@keepline/contracts/agent-protocol';
import { durationText } from '../../ui/duration.ts';
import { KeyHint } from '../../ui/key-hint.tsx';
import { Ticking } from '../../ui/ticking.tsx';
import { ScheduleCall } from './callback-panel.tsx';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState, draftOf, NOTE_MAX_LENGTH, serverNowMs } from './desk-state.ts';
import { keyOf } from './shortcuts.ts';

export interface WrapUpProps {
  readonly state: DeskState;
  readonly call: DeskCall;
  readonly acts: DeskActs;
}

export function WrapUp({ state, call, acts }: WrapUpProps): ReactNode {
  const { t } = useTranslation();
  const { disposition, note } = draftOf(state, call.callId);
  const dispositions = state.view?.dispositions ?? [];
  const isSending = state.asking.includes('call.dispose');
  return (
    <div className="wrap-up">
      <div className="wrap-up-label" id="disposition-label">
        {t('wrapUp.disposition')}
      </div>
      <div data-first-focus>
        <Radio.Group
          aria-labelledby="disposition-label"
          data-testid="disposition"
          optionType="button"
          buttonStyle="solid"
          value={disposition === '' ? null : disposition}
          onChange={(event) => acts.draft(String(event.target.value), note)}
          options={dispositions.map((value) => ({
            value,
            label: <span data-testid={`disposition-${value}`}>{t(`disposition.${value}`, { defaultValue: value })}</span>,
          }))}
        />
      </div>
      <label className="wrap-up-label" htmlFor="wrap-up-note">
        {t('wrapUp.note')}
      </label>
      <Input.TextArea
        id="wrap-up-note"
        data-testid="note"
        rows={3}
        maxLength={NOTE_MAX_LENGTH}
        placeholder={t('wrapUp.notePlaceholder')}
        autoComplete="off"
        value={note}
        onChange={(event) => acts.draft(disposition, event.target.value)}
      />
      <ScheduleCall state={state} call={call} acts={acts} />
      <div className="call-buttons">
        <Button
          type="primary"
          size="large"
          data-testid="wrap-up-done"
          disabled={!allowedAsks(state).has('call.dispose') && !isSending}
          loading={isSending}
          title={disposition === '' ? t('wrapUp.mustChoose') : ''}
          aria-keyshortcuts={keyOf('wrap_up_done')}
          onClick={() => acts.ask({ ask: 'call.dispose', callId: call.callId, disposition, note })}
        >
          {t('wrapUp.done')}
          <KeyHint keys={keyOf('wrap_up_done')} />
        </Button>
        {call.wrapUpUntilMs > 0 && (
          <span className="wrap-up-left numeric" data-testid="wrap-up-left">
            {t('wrapUp.left')} <Ticking>{(now) => durationText(call.wrapUpUntilMs - serverNowMs(state, now))}</Ticking>
            <span className="quiet">{t('wrapUp.expiry')}</span>
          </span>
        )}
      </div>
    </div>
  );
}
