/** One entry with every field, and its proof as a file. */
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { saveAs } from '../../ui/save-as.ts';
import { type Entry, proofOf } from './audit-requests.ts';

export interface EntryDialogProps {
  readonly entry: Entry;
  /** Whether a checkpoint that the page knows covers it. */
  readonly isSigned: boolean;
  readonly onClose: () => void;
}

export function EntryDialog({ entry, isSigned, onClose }: EntryDialogProps): ReactNode {
  const { t } = useTranslation();
  const { number } = entry;
  const take = useMutation({ mutationFn: async () => saveAs(`audit-entry-${number}.tlog-proof`, await proofOf(number), 'text/plain') });
  return (
    <Dialog
      title={t('audit.entry', { number })}
      onCancel={onClose}
      closeLabel={t('audit.close')}
      data-testid="audit-entry"
      footer={
        <Button type="primary" loading={take.isPending} onClick={() => take.mutate()} data-testid="audit-proof">
          {t('audit.proof')}
        </Button>
      }
    >
      {take.isError && <FaultAlert fault={asKeeplineError(take.error)} testId="proof-error" onRead={() => take.reset()} />}
      <pre>{JSON.stringify(entry, undefined, 1)}</pre>
      <p className="work-quiet">{t('audit.proofText')}</p>
      {!isSigned && <p className="work-quiet">{t('audit.notSigned')}</p>}
    </Dialog>
  );
}
