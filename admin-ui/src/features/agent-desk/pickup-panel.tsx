/** Calls this agent could take though they were not offered: waiting, ringing at a colleague, or parked. Nothing is shown where there are none. */
import { Button, Card } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { durationText } from '../../ui/duration.ts';
import { Ticking } from '../../ui/ticking.tsx';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState, serverNowMs } from './desk-state.ts';

export interface PickupPanelProps {
  readonly state: DeskState;
  readonly acts: DeskActs;
}

/** One call of either kind, as a row. */
interface Row {
  readonly key: string;
  readonly place: string;
  readonly callerNumber: string;
  readonly queue: string;
  readonly sinceMs: number;
  readonly request: Parameters<DeskActs['ask']>[0];
  readonly text: string;
}

const PAGE_SIZE = 10;

export function PickupPanel({ state, acts }: PickupPanelProps): ReactNode {
  const { t } = useTranslation();
  const { pickable = [], parked = [] } = state.view ?? {};
  const allowed = allowedAsks(state);
  const rows: Row[] = [
    ...parked.map(({ slot, parkedBy, ...call }) => ({
      ...call,
      key: `slot-${slot}`,
      place: `${t('pickup.slot', { slot })} · ${t('pickup.parkedBy', { name: parkedBy })}`,
      request: { ask: 'call.retrieve', slot } as const,
      text: t('pickup.retrieve'),
    })),
    ...pickable.map(({ callId, agentName, state: at, ...call }) => ({
      ...call,
      key: callId,
      place: at === 'ringing' ? t('pickup.ringing', { name: agentName }) : t('pickup.waiting'),
      request: { ask: 'call.pickup', callId } as const,
      text: t('pickup.take'),
    })),
  ];
  if (rows.length === 0) return null;
  return (
    <Card title={t('pickup.title')} className="team-panel">
      <DataTable
        data-testid="pickup-panel"
        rows={rows}
        rowKey={({ key }) => key}
        emptyText={t('pickup.none')}
        pageSize={PAGE_SIZE}
        columns={[
          { title: t('pickup.place'), render: ({ place }) => place },
          { title: t('team.queue'), render: ({ queue }) => (queue === '' ? '–' : t(`queue.label.${queue}`, { defaultValue: queue })) },
          { title: t('call.number'), render: ({ callerNumber }) => callerNumber },
          {
            title: t('call.waited'),
            width: 110,
            align: 'right',
            render: ({ sinceMs }) => <Ticking>{(now) => durationText(Math.max(0, serverNowMs(state, now) - sinceMs))}</Ticking>,
          },
          {
            title: t('team.act'),
            width: 130,
            render: ({ key, request, text }) => (
              <Button disabled={!allowed.has(request.ask)} data-testid={`take-${key}`} onClick={() => acts.ask(request)}>
                {text}
              </Button>
            ),
          },
        ]}
      />
    </Card>
  );
}
