/** Whom: a queue, a colleague who is ready, or a number; for a transfer, a consultation and a call out. */
import { Button, Input, Radio } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskTarget, DeskView } from '@keepline/contracts/agent-protocol';
import { Dialog } from '../../ui/dialog.tsx';
import { NUMBER_MAX_LENGTH, PURPOSE_ASKS, PURPOSE_KINDS, type Purpose, type TargetDraft, targetOf } from './conversation.ts';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState } from './desk-state.ts';

export interface TargetDialogProps {
  readonly purpose: Purpose;
  readonly view: DeskView;
  readonly state: DeskState;
  readonly acts: DeskActs;
  readonly onClose: () => void;
}

export function TargetDialog({ purpose, view, state, acts, onClose }: TargetDialogProps): ReactNode {
  const { t } = useTranslation();
  const kinds = PURPOSE_KINDS[purpose];
  const [draft, setDraft] = useState<TargetDraft>({ kind: kinds[0] ?? 'outside', queue: '', agentId: '', number: '' });
  const target = targetOf(draft, view);
  const isAllowed = allowedAsks(state).has(PURPOSE_ASKS[purpose]);
  return (
    <Dialog title={t(`talk.${purpose}`)} onCancel={onClose} closeLabel={t('talk.cancel')} data-testid={`target-${purpose}`}>
      <form
        className="target-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!target || !isAllowed) return;
          send(purpose, target, view, acts);
          onClose();
        }}
      >
        {kinds.length > 1 && (
          <Radio.Group
            aria-label={t('talk.target')}
            optionType="button"
            value={draft.kind}
            onChange={(event) => setDraft({ ...draft, kind: event.target.value as DeskTarget['kind'] })}
            options={kinds.map((kind) => ({
              value: kind,
              label: <span data-testid={`target-kind-${kind}`}>{t(`talk.kind.${kind}`)}</span>,
            }))}
          />
        )}
        <Choice draft={draft} view={view} onDraft={setDraft} />
        <div className="target-foot">
          <Button onClick={onClose}>{t('talk.cancel')}</Button>
          <Button type="primary" htmlType="submit" disabled={!target || !isAllowed} data-testid="target-go">
            {t(`talk.${purpose}`)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function send(purpose: Purpose, to: DeskTarget, view: DeskView, acts: DeskActs): void {
  if (purpose !== 'dial') {
    if (view.call) acts.ask({ ask: PURPOSE_ASKS[purpose], callId: view.call.callId, to });
  } else if (to.kind === 'outside') acts.ask({ ask: 'call.dial', number: to.number });
}

interface ChoiceProps {
  readonly draft: TargetDraft;
  readonly view: DeskView;
  readonly onDraft: (draft: TargetDraft) => void;
}

function Choice({ draft, view, onDraft }: ChoiceProps): ReactNode {
  const { t } = useTranslation();
  switch (draft.kind) {
    case 'queue':
      return (
        <List
          testId="target-queue"
          none={t('talk.noQueue')}
          chosen={draft.queue}
          onChosen={(queue) => onDraft({ ...draft, queue })}
          rows={view.transferQueues.map((queue) => ({ value: queue, label: t(`queue.label.${queue}`, { defaultValue: queue }) }))}
        />
      );
    case 'agent':
      return (
        <List
          testId="target-agent"
          none={t('talk.noColleague')}
          chosen={draft.agentId}
          onChosen={(agentId) => onDraft({ ...draft, agentId })}
          rows={view.colleagues.map(({ id, name }) => ({ value: id, label: name }))}
        />
      );
    case 'outside':
      return (
        <label className="target-number">
          {t('talk.number')}
          <Input
            data-testid="target-number"
            inputMode="tel"
            autoComplete="off"
            spellCheck={false}
            autoFocus
            maxLength={NUMBER_MAX_LENGTH}
            value={draft.number}
            onChange={(event) => onDraft({ ...draft, number: event.target.value })}
          />
          <span className="quiet">{t('talk.numberRule')}</span>
        </label>
      );
  }
}

interface ListProps {
  readonly testId: string;
  readonly none: string;
  readonly rows: ReadonlyArray<{ readonly value: string; readonly label: string }>;
  readonly chosen: string;
  readonly onChosen: (value: string) => void;
}

function List({ testId, none, rows, chosen, onChosen }: ListProps): ReactNode {
  if (rows.length === 0) return <p className="quiet">{none}</p>;
  return (
    <Radio.Group
      className="target-list"
      data-testid={testId}
      value={chosen}
      onChange={(event) => onChosen(String(event.target.value))}
      options={rows.map(({ value, label }) => ({ value, label: <span data-testid={`${testId}-${value}`}>{label}</span> }))}
    />
  );
}
