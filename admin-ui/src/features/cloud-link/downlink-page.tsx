/** Proposals of the cloud: what came, what rules now, and, for whoever may, the way to decide. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Card, Popconfirm, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@keepline/contracts/roles';
import type { DownlinkView } from '@keepline/contracts/workbench';
import { asKeeplineError } from '../../server/errors.ts';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText } from '../../ui/moment.ts';
import { useStepUp } from '../../ui/step-up.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { downlinkQuery, rollBack } from './cloud-requests.ts';
import { ReviewDialog } from './review-dialog.tsx';

type Proposal = DownlinkView['proposals'][number];
const COLOURS = { waiting: 'processing', approved: 'success', rejected: 'default' } as const;

export function DownlinkPage({ rights }: { readonly rights: ReadonlySet<Permission> }): ReactNode {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(downlinkQuery);
  const [reviewed, setReviewed] = useState<Proposal | null>(null);
  const mayDecide = rights.has('downlink.decide');
  return (
    <WorkPage
      title={t('downlink.title')}
      text={t('downlink.text')}
      testId="downlink-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
    >
      {data ? (
        <>
          {!mayDecide && <Alert type="info" showIcon className="work-alert" title={t('downlink.mayNot')} />}
          <InForceCard inForce={data.inForce} mayDecide={mayDecide} />
          <ProposalTable view={data} onReview={setReviewed} />
        </>
      ) : null}
      {reviewed && <ReviewDialog proposal={reviewed} mayDecide={mayDecide} onClose={() => setReviewed(null)} />}
    </WorkPage>
  );
}

function InForceCard({ inForce, mayDecide }: Pick<DownlinkView, 'inForce'> & { readonly mayDecide: boolean }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const back = useMutation({
    mutationFn: (kind: string) => stepUp(() => rollBack(kind)),
    onSettled: () => queries.invalidateQueries({ queryKey: downlinkQuery.queryKey }),
  });
  return (
    <Card className="work-card" title={t('downlink.inForce')}>
      {back.isError && <FaultAlert fault={asKeeplineError(back.error)} testId="rollback-error" onRead={() => back.reset()} />}
      <div className="work-figures">
        {inForce.map(({ kind, version }) => (
          <span key={kind} className="work-line" data-testid={`in-force-${kind}`} data-version={version}>
            <span>{t(`downlink.kind.${kind}`)}</span>
            <strong>{version === 0 ? t('downlink.siteFile') : t('downlink.versionOf', { version })}</strong>
            {mayDecide && version > 0 && (
              <Popconfirm
                title={t('downlink.rollbackTitle', { kind: t(`downlink.kind.${kind}`) })}
                description={t('downlink.rollbackText')}
                okText={t('users.yes')}
                okButtonProps={{ 'data-testid': 'rollback-yes' }}
                onConfirm={() => back.mutate(kind)}
              >
                <Button size="small" loading={back.isPending} data-testid={`rollback-${kind}`}>
                  {t('downlink.rollback')}
                </Button>
              </Popconfirm>
            )}
          </span>
        ))}
      </div>
    </Card>
  );
}

interface ProposalTableProps {
  readonly view: DownlinkView;
  readonly onReview: (proposal: Proposal) => void;
}

function ProposalTable({ view: { proposals, refused }, onReview }: ProposalTableProps): ReactNode {
  const { t, i18n } = useTranslation();
  const kindText = (kind: string): string => t(`downlink.kind.${kind}`, { defaultValue: kind });
  const reasons = Object.entries(refused).map(([why, count]) => `${why} × ${count}`);
  return (
    <Card className="work-card">
      {reasons.length > 0 && <p className="work-quiet">{t('downlink.refused', { list: reasons.join(', ') })}</p>}
      <DataTable<Proposal>
        data-testid="proposals"
        rowKey={({ id }) => id}
        rows={proposals}
        pageSize={10}
        emptyText={t('downlink.none')}
        columns={[
          { title: t('downlink.received'), width: 180, render: ({ receivedMs }) => momentText(receivedMs, i18n.language) },
          { title: t('downlink.type'), width: 120, render: ({ kind }) => kindText(kind) },
          { title: t('downlink.version'), width: 140, render: ({ version }) => version },
          { title: t('downlink.key'), width: 120, render: ({ key }) => key },
          {
            title: t('downlink.decision'),
            render: ({ decision, who, reason }) => (
              <span className="work-line">
                <Tag color={COLOURS[decision]}>{t(`downlink.decisions.${decision}`)}</Tag>
                {who !== '' && <span className="work-quiet">{[who, reason].filter((text) => text !== '').join(' · ')}</span>}
              </span>
            ),
          },
          {
            width: 90,
            render: (proposal) => (
              <Button size="small" onClick={() => onReview(proposal)} data-testid={`review-${proposal.version}`}>
                {t('downlink.review')}
              </Button>
            ),
          },
        ]}
      />
    </Card>
  );
}
