/** Four eyes on the screen: what others ask for and waits for a decision, and what was asked for and became of it. */
import { useQuery } from '@tanstack/react-query';
import { Button, Tabs, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { APPROVAL_ACT_FACTS } from '@keepline/contracts/approvals';
import type { Permission } from '@keepline/contracts/roles';
import { asKeeplineError } from '../../server/errors.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText } from '../../ui/moment.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { approvalsQuery, type Shown } from './approvals-requests.ts';
import { DecideDialog } from './decide-dialog.tsx';
import { RequestDialog } from './request-dialog.tsx';
import './approvals.css';

const COLOURS = { waiting: 'processing', approved: 'success', refused: 'error', used: 'default', expired: 'default' } as const;

export interface ApprovalsPageProps {
  readonly rights: ReadonlySet<Permission>;
  readonly self: string;
}

export function ApprovalsPage({ rights, self }: ApprovalsPageProps): ReactNode {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(approvalsQuery);
  const [decided, setDecided] = useState<Shown | null>(null);
  const [isAsking, setAsking] = useState(false);
  const tables = data && {
    others: data.filter(({ requestedBy, state }) => requestedBy !== self && state === 'waiting'),
    mine: data.filter(({ requestedBy }) => requestedBy === self),
    all: data,
  };
  const onDecide = rights.has('approvals.decide') ? setDecided : undefined;
  return (
    <WorkPage
      title={t('approvals.title')}
      text={t('approvals.text')}
      testId="approvals-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
      extra={
        <Button type="primary" onClick={() => setAsking(true)} data-testid="ask">
          {t('approvals.ask')}
        </Button>
      }
    >
      {tables ? (
        <Tabs
          className="work-tabs"
          destroyOnHidden
          items={(['others', 'mine', 'all'] as const).map((name) => ({
            key: name,
            label: (
              <span data-testid={`tab-${name}`}>
                {t(`approvals.${name}`)} ({tables[name].length})
              </span>
            ),
            children: <RequestTable name={name} rows={tables[name]} self={self} onDecide={onDecide} />,
          }))}
        />
      ) : null}
      {decided && <DecideDialog wish={decided} onClose={() => setDecided(null)} />}
      {isAsking && <RequestDialog rights={rights} onClose={() => setAsking(false)} />}
    </WorkPage>
  );
}

interface RequestTableProps {
  readonly name: string;
  readonly rows: readonly Shown[];
  readonly self: string;
  /** Undefined for who may only look. */
  readonly onDecide: ((wish: Shown) => void) | undefined;
}

function RequestTable({ name, rows, self, onDecide }: RequestTableProps): ReactNode {
  const { t, i18n } = useTranslation();
  const language = i18n.language === 'en' ? 'en' : 'zh';
  return (
    <DataTable<Shown>
      data-testid={`requests-${name}`}
      rowKey={({ id }) => id}
      rows={rows}
      pageSize={10}
      emptyText={t('page.none')}
      columns={[
        { title: t('approvals.asked'), width: 170, render: ({ requestedAtMs }) => momentText(requestedAtMs, i18n.language) },
        { title: t('approvals.by'), width: 110, render: ({ requestedBy }) => requestedBy },
        { title: t('approvals.act'), width: 150, render: ({ act }) => APPROVAL_ACT_FACTS[act][language] },
        {
          title: t('approvals.objectAndPurpose'),
          render: ({ object, purpose, id }) => (
            <span className="approval-fact">
              {purpose}
              <br />
              <span className="work-quiet">{object}</span>
              <br />
              <span className="work-quiet">{id}</span>
            </span>
          ),
        },
        {
          title: t('approvals.stateLabel'),
          width: 190,
          render: ({ state, decidedBy, reason }) => (
            <span className="work-line" data-testid={`state-${state}`}>
              <Tag color={COLOURS[state]}>{t(`approvals.state.${state}`)}</Tag>
              {decidedBy !== '' && <span className="work-quiet">{[decidedBy, reason].filter((text) => text !== '').join(' · ')}</span>}
            </span>
          ),
        },
        {
          width: 90,
          render: (wish) =>
            onDecide &&
            wish.state === 'waiting' &&
            wish.requestedBy !== self && (
              <Button size="small" onClick={() => onDecide(wish)} data-testid={`decide-${wish.requestedBy}`}>
                {t('approvals.decide')}
              </Button>
            ),
        },
      ]}
    />
  );
}
