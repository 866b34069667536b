/** One proposal against what is in force, part by part, and the decision with its reason. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input, Spin } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DownlinkView, ProposalReview } from '@keepline/contracts/workbench';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText } from '../../ui/moment.ts';
import { useStepUp } from '../../ui/step-up.ts';
import { decide, downlinkQuery, reviewQuery } from './cloud-requests.ts';

export interface ReviewDialogProps {
  readonly proposal: DownlinkView['proposals'][number];
  readonly mayDecide: boolean;
  readonly onClose: () => void;
}

const REASON_MAX_LENGTH = 200;

export function ReviewDialog({ proposal: { id, kind, version, decision }, mayDecide, onClose }: ReviewDialogProps): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const [reason, setReason] = useState('');
  const review = useQuery(reviewQuery(id));
  const act = useMutation({
    mutationFn: (verb: 'approve' | 'reject') => stepUp(() => decide(id, verb, reason.trim())),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: downlinkQuery.queryKey }),
  });
  const isOpen = mayDecide && decision === 'waiting';
  return (
    <Dialog
      width={860}
      title={t('downlink.reviewTitle', { kind: t(`downlink.kind.${kind}`, { defaultValue: kind }), version })}
      onCancel={onClose}
      closeLabel={t('downlink.close')}
      data-testid="review"
      footer={
        isOpen ? (
          <div className="work-line">
            <Input
              className="review-reason"
              value={reason}
              maxLength={REASON_MAX_LENGTH}
              placeholder={t('downlink.reason')}
              aria-label={t('downlink.reason')}
              onChange={(event) => setReason(event.target.value)}
              data-testid="review-reason"
            />
            <Button
              danger
              disabled={reason.trim() === ''}
              title={t('downlink.reasonNeeded')}
              loading={act.isPending && act.variables === 'reject'}
              onClick={() => act.mutate('reject')}
              data-testid="reject"
            >
              {t('downlink.reject')}
            </Button>
            <Button
              type="primary"
              disabled={!review.data}
              loading={act.isPending && act.variables === 'approve'}
              onClick={() => act.mutate('approve')}
              data-testid="approve"
            >
              {t('downlink.approve')}
            </Button>
          </div>
        ) : (
          <Button onClick={onClose}>{t('downlink.close')}</Button>
        )
      }
    >
      {review.isPending && <Spin description={t('loading')} />}
      {review.isError && <FaultAlert fault={asKeeplineError(review.error)} testId="review-error" />}
      {act.isError && <FaultAlert fault={asKeeplineError(act.error)} testId="decide-error" onRead={() => act.reset()} />}
      {review.data && <Changes review={review.data} />}
    </Dialog>
  );
}

function Changes({ review: { reason, notAfterMs, changes, more } }: { readonly review: ProposalReview }): ReactNode {
  const { t, i18n } = useTranslation();
  const part = (text: string | null): ReactNode => (text === null ? '–' : <pre className="work-diff">{text}</pre>);
  return (
    <>
      {reason !== '' && <p>{t('downlink.cloudReason', { reason })}</p>}
      <p className="work-quiet">{t('downlink.valid', { time: momentText(notAfterMs, i18n.language) })}</p>
      <DataTable<ProposalReview['changes'][number]>
        data-testid="review-changes"
        rowKey={({ what }) => what}
        rows={changes}
        pageSize={8}
        emptyText={t('downlink.noChanges')}
        columns={[
          { title: t('downlink.what'), render: ({ what }) => what, width: 180 },
          { title: t('downlink.before'), render: ({ before }) => part(before) },
          { title: t('downlink.after'), render: ({ after }) => part(after) },
        ]}
      />
      {more > 0 && <p className="work-quiet">{t('downlink.more', { more })}</p>}
    </>
  );
}
