/** The cloud link for those who look after it: how it stands and what to do about it, the balance of events, the last rehearsal. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Card, Statistic, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isLinkCondition, LINK_CONDITIONS, linkConditionCode } from '@keepline/contracts/link';
import type { CloudView, ReconcileReply } from '@keepline/contracts/workbench';
import { asKeeplineError } from '../../server/errors.ts';
import { durationText } from '../../ui/duration.ts';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText, numberText } from '../../ui/moment.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { cloudQuery, reconcile } from './cloud-requests.ts';

const COLOURS = { up: 'success', suspect: 'warning', down: 'error', probing: 'processing' } as const;
const VERDICTS = { balanced: 'success', one_sided: 'info', unbalanced: 'error' } as const;

export function CloudPage(): ReactNode {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(cloudQuery);
  return (
    <WorkPage
      title={t('cloud.title')}
      testId="cloud-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
    >
      {data ? (
        <>
          <LinkCard view={data} />
          <div className="work-row">
            <ReconcileCard />
            <DrillCard drill={data.drill} />
          </div>
          <Changes changes={data.changes} />
        </>
      ) : null}
    </WorkPage>
  );
}

function LinkCard({ view: { link, figures } }: { readonly view: CloudView }): ReactNode {
  const { t, i18n } = useTranslation();
  const tiles =
    figures && (['produced', 'delivered', 'expired', 'quarantined', 'unaccounted'] as const).map((name) => [name, figures[name]] as const);
  return (
    <Card className="work-card">
      <div className="work-line">
        <Tag color={COLOURS[link.state]} data-testid="cloud-state" data-state={link.state}>
          {t(`cloud.state.${link.state}`)}
        </Tag>
        <strong data-testid="cloud-condition" data-condition={link.condition ?? ''}>
          <Condition condition={link.condition} why={link.state === 'up' ? '' : link.why} />
        </strong>
        <span className="work-quiet">{t('cloud.since', { time: momentText(link.sinceMs, i18n.language) })}</span>
        {isLinkCondition(link.condition) && (
          <span className="work-quiet">{t('cloud.runbook', { code: linkConditionCode(link.condition) })}</span>
        )}
      </div>
      <div className="work-figures">
        <Statistic title={t('cloud.backlog')} value={numberText(figures?.waiting ?? link.backlog)} />
        <Statistic title={t('cloud.oldest')} value={link.oldestUnsentMs === 0 ? '–' : durationText(link.oldestUnsentMs)} />
        {tiles?.map(([name, value]) => (
          <span key={name} data-testid={`figure-${name}`}>
            <Statistic title={t(`cloud.${name}`)} value={numberText(value)} />
          </span>
        ))}
      </div>
      {!figures && <Alert type="warning" showIcon title={t('cloud.noFigures')} data-testid="no-figures" />}
    </Card>
  );
}

function Condition({ condition, why }: { readonly condition: string | null; readonly why: string }): ReactNode {
  const { t, i18n } = useTranslation();
  if (isLinkCondition(condition)) return LINK_CONDITIONS[condition][i18n.language === 'en' ? 'en' : 'zh'];
  return why === '' ? t('cloud.healthy') : t('cloud.why', { why });
}

function ReconcileCard(): ReactNode {
  const { t } = useTranslation();
  const act = useMutation({ mutationFn: reconcile });
  return (
    <Card
      className="work-card"
      title={t('cloud.reconcile')}
      extra={
        <Button type="primary" loading={act.isPending} onClick={() => act.mutate()} data-testid="reconcile">
          {t('cloud.reconcileNow')}
        </Button>
      }
    >
      {act.isError && <FaultAlert fault={asKeeplineError(act.error)} testId="reconcile-error" />}
      {act.data ? <Reconciled reply={act.data} /> : <span className="work-quiet">{t('cloud.reconcileText')}</span>}
    </Card>
  );
}

function Reconciled({ reply: { verdict, figures, stream, difference } }: { readonly reply: ReconcileReply }): ReactNode {
  const { t } = useTranslation();
  return (
    <Alert
      type={VERDICTS[verdict]}
      showIcon
      data-testid="reconciled"
      data-verdict={verdict}
      title={t(`cloud.verdict.${verdict}`)}
      description={t('cloud.reconciled', { ...figures, stream: stream ?? '–', difference: difference ?? '–' })}
    />
  );
}

function DrillCard({ drill }: { readonly drill: CloudView['drill'] }): ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <Card className="work-card" title={t('cloud.drill')} data-testid="drill">
      {drill ? (
        <div className="work-line">
          <Tag color={drill.passed ? 'success' : 'error'}>{t(drill.passed ? 'cloud.drillPassed' : 'cloud.drillFailed')}</Tag>
          <span>
            {t('cloud.drillText', {
              ...{
                time: momentText(drill.cutAtMs, i18n.language),
                seconds: drill.seconds,
                offered: drill.callsOffered,
                lost: drill.callsLost,
              },
              detected: drill.detectedMs === null ? '–' : t('cloud.ms', { ms: drill.detectedMs }),
            })}
          </span>
        </div>
      ) : (
        <span className="work-quiet">{t('cloud.noDrill')}</span>
      )}
    </Card>
  );
}

function Changes({ changes }: Pick<CloudView, 'changes'>): ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <Card className="work-card" title={t('cloud.changes')}>
      <DataTable<CloudView['changes'][number]>
        rowKey={({ atMs, from, to }) => `${atMs} ${from} ${to}`}
        rows={changes}
        emptyText={t('cloud.noChanges')}
        columns={[
          { title: t('cloud.at'), width: 190, render: ({ atMs }) => momentText(atMs, i18n.language) },
          { title: t('cloud.change'), width: 220, render: ({ from, to }) => `${t(`cloud.state.${from}`)} → ${t(`cloud.state.${to}`)}` },
          { title: t('cloud.condition'), render: ({ condition, why }) => <Condition condition={condition} why={why} /> },
        ]}
      />
    </Card>
  );
}
