/** Calls of other agents, for those who may supervise: listen, whisper, barge in. Who is in one call leaves it before the next. */
import { Button, Card } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskTeamCall } from '@keepline/contracts/agent-protocol';
import { DataTable } from '../../ui/data-table.tsx';
import { durationText } from '../../ui/duration.ts';
import { Ticking } from '../../ui/ticking.tsx';
import { SUPERVISE_MODES } from './conversation.ts';
import type { DeskActs } from './desk-acts.ts';
import { callOf, type DeskState, maySupervise, serverNowMs } from './desk-state.ts';

export interface TeamPanelProps {
  readonly state: DeskState;
  readonly team: readonly DeskTeamCall[];
  readonly acts: DeskActs;
}

const PAGE_SIZE = 10;

export function TeamPanel({ state, team, acts }: TeamPanelProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Card title={t('team.title')} className="team-panel">
      <p className="quiet">{t('team.audited')}</p>
      <DataTable
        data-testid="team-panel"
        rows={team}
        rowKey={({ callId }) => callId}
        emptyText={t('team.none')}
        pageSize={PAGE_SIZE}
        columns={[
          { title: t('team.agent'), render: ({ agentName }) => agentName },
          { title: t('team.queue'), render: ({ queue }) => (queue === '' ? '–' : t(`queue.label.${queue}`, { defaultValue: queue })) },
          {
            title: t('team.talked'),
            width: 110,
            align: 'right',
            render: ({ connectedSinceMs }) => <Ticking>{(now) => durationText(serverNowMs(state, now) - connectedSinceMs)}</Ticking>,
          },
          {
            title: t('team.act'),
            width: 290,
            render: ({ callId }) => <SuperviseButtons state={state} callId={callId} acts={acts} size="middle" />,
          },
        ]}
      />
    </Card>
  );
}

export interface SuperviseButtonsProps {
  readonly state: DeskState;
  readonly callId: string;
  readonly acts: DeskActs;
  readonly size: 'middle' | 'large';
}

/** How to be in that call; the one in force is pressed. */
export function SuperviseButtons({ state, callId, acts, size }: SuperviseButtonsProps): ReactNode {
  const { t } = useTranslation();
  const call = callOf(state);
  const now = call?.part === 'supervisor' && call.callId === callId ? call.mode : null;
  const isAllowed = maySupervise(state, callId);
  return (
    <span className="supervise-buttons">
      {SUPERVISE_MODES.map((mode) => (
        <Button
          key={mode}
          size={size}
          type={mode === now ? 'primary' : 'default'}
          aria-pressed={mode === now}
          data-testid={`${mode}-${callId}`}
          disabled={!isAllowed && mode !== now}
          onClick={() => mode !== now && acts.ask({ ask: 'call.supervise', callId, mode })}
        >
          {t(`team.${mode}`)}
        </Button>
      ))}
    </span>
  );
}
