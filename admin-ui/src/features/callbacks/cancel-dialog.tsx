/** Asks a supervisor why a customer is not to be called back any more; the reason goes into the audit log. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CallbackView, CANCEL_REASON } from '@keepline/contracts/callbacks';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { callbacksQuery, cancelCallback } from './callbacks-requests.ts';

export function CancelDialog({ callback, onClose }: { readonly callback: CallbackView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const act = useMutation({
    mutationFn: () => cancelCallback(callback.id, reason),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: callbacksQuery.queryKey }),
  });
  return (
    <Dialog
      title={t('callbacks.cancelTitle', { number: callback.number })}
      onCancel={onClose}
      closeLabel={t('callbacks.keep')}
      data-testid="cancel-dialog"
      footer={
        <Button
          type="primary"
          danger
          disabled={reason.trim() === ''}
          loading={act.isPending}
          onClick={() => act.mutate()}
          data-testid="cancel-yes"
        >
          {t('callbacks.cancel')}
        </Button>
      }
    >
      <p className="work-quiet">{t('callbacks.cancelText')}</p>
      {act.isError && <FaultAlert fault={asKeeplineError(act.error)} testId="cancel-error" onRead={() => act.reset()} />}
      <Input
        value={reason}
        maxLength={CANCEL_REASON.maxLength}
        placeholder={t('callbacks.reason')}
        aria-label={t('callbacks.reason')}
        onChange={({ target }) => setReason(target.value)}
        data-testid="cancel-reason"
      />
    </Dialog>
  );
}
