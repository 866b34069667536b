/** One request of somebody else with everything it is bound to, and the decision. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Descriptions, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { APPROVAL_ACT_FACTS } from '@keepline/contracts/approvals';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { momentText } from '../../ui/moment.ts';
import { useStepUp } from '../../ui/step-up.ts';
import { approvalsQuery, decide, type Shown } from './approvals-requests.ts';

const REASON_MAX_LENGTH = 200;
/** Shorter ones say nothing; the gateway takes none either. */
const REASON_MIN_LENGTH = 3;

export function DecideDialog({ wish, onClose }: { readonly wish: Shown; readonly onClose: () => void }): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const [reason, setReason] = useState('');
  const act = useMutation({
    mutationFn: (verdict: 'approve' | 'refuse') => stepUp(() => decide(wish.id, verdict, reason.trim())),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsQuery.queryKey }),
  });
  const language = i18n.language === 'en' ? 'en' : 'zh';
  const isTooShort = reason.trim().length < REASON_MIN_LENGTH;
  const facts = [
    ['act', APPROVAL_ACT_FACTS[wish.act][language]],
    ['object', wish.object],
    ['params', wish.params],
    ['purpose', wish.purpose],
    ['by', wish.requestedBy],
    ['until', momentText(wish.expiresAtMs, i18n.language)],
  ] as const;
  return (
    <Dialog
      width={640}
      title={t('approvals.decideTitle')}
      onCancel={onClose}
      closeLabel={t('approvals.close')}
      data-testid="decide"
      footer={
        <div className="work-line">
          <Input
            className="review-reason"
            value={reason}
            maxLength={REASON_MAX_LENGTH}
            placeholder={t('approvals.reason')}
            aria-label={t('approvals.reason')}
            onChange={(event) => setReason(event.target.value)}
            data-testid="decide-reason"
          />
          <Button
            danger
            disabled={isTooShort}
            loading={act.isPending && act.variables === 'refuse'}
            onClick={() => act.mutate('refuse')}
            data-testid="refuse"
          >
            {t('approvals.refuse')}
          </Button>
          <Button
            type="primary"
            disabled={reason.trim() !== '' && isTooShort}
            loading={act.isPending && act.variables === 'approve'}
            onClick={() => act.mutate('approve')}
            data-testid="approve"
          >
            {t('approvals.approve')}
          </Button>
        </div>
      }
    >
      {act.isError && <FaultAlert fault={asKeeplineError(act.error)} testId="decide-error" onRead={() => act.reset()} />}
      <Descriptions
        column={1}
        size="small"
        items={facts.map(([key, value]) => ({
          key,
          label: t(`approvals.${key}`),
          children: <span className="approval-fact">{value}</span>,
        }))}
      />
    </Dialog>
  );
}
