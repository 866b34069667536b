/** Asks for the reason why an alarm may end; it asks for a fresh second factor and goes into the audit log. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlarmView } from '@keepline/contracts/alarms';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { useStepUp } from '../../ui/step-up.ts';
import { alarmsQuery, clearAlarm } from './alarms-requests.ts';

const REASON_MAX_LENGTH = 200;
const APPROVAL_MAX_LENGTH = 48;

export function ClearDialog({ alarm, onClose }: { readonly alarm: AlarmView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const [reason, setReason] = useState('');
  const [approval, setApproval] = useState('');
  const needsSecond = alarm.code === 'AUDIT_FORKED';
  const act = useMutation({
    mutationFn: () => stepUp(() => clearAlarm(alarm.number, reason, approval.trim())),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: alarmsQuery.queryKey }),
  });
  return (
    <Dialog
      title={t('alarms.clearTitle', { number: alarm.number, code: alarm.code })}
      onCancel={onClose}
      closeLabel={t('alarms.cancel')}
      data-testid="clear-dialog"
      footer={
        <Button
          type="primary"
          disabled={reason.trim() === '' || (needsSecond && approval.trim() === '')}
          loading={act.isPending}
          onClick={() => act.mutate()}
          data-testid="clear-yes"
        >
          {t('alarms.clear')}
        </Button>
      }
    >
      <p>{alarm.message}</p>
      <p className="work-quiet">{t('alarms.clearText')}</p>
      {act.isError && <FaultAlert fault={asKeeplineError(act.error)} testId="clear-error" onRead={() => act.reset()} />}
      <Input
        value={reason}
        maxLength={REASON_MAX_LENGTH}
        placeholder={t('alarms.reason')}
        aria-label={t('alarms.reason')}
        onChange={({ target }) => setReason(target.value)}
        data-testid="clear-reason"
      />
      {needsSecond && (
        <>
          <p className="work-quiet">{t('alarms.approvalText', { object: `alarm:${alarm.number}` })}</p>
          <Input
            value={approval}
            maxLength={APPROVAL_MAX_LENGTH}
            placeholder="apr-…"
            aria-label={t('alarms.approval')}
            onChange={({ target }) => setApproval(target.value)}
            data-testid="clear-approval"
          />
        </>
      )}
    </Dialog>
  );
}
