/** A fault in the reader's language where its code is known, else in the words of whoever reported it; and a way to try again. */
import { Alert, Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { KeeplineError } from '@keepline/contracts/errors';

export interface FaultAlertProps {
  readonly fault: KeeplineError;
  /** What was read before is still shown below. */
  readonly isStale?: boolean;
  readonly onRetry?: () => void;
  readonly onRead?: () => void;
  readonly testId?: string;
}

export function FaultAlert({ fault, isStale = false, onRetry, onRead, testId = 'page-error' }: FaultAlertProps): ReactNode {
  const { t } = useTranslation();
  const { code, message, hint } = fault;
  return (
    <Alert
      type="error"
      showIcon
      className="work-alert"
      data-testid={testId}
      data-code={code}
      title={`${t(`error.${code}.message`, { defaultValue: message })} (${code})`}
      description={`${t(`error.${code}.hint`, { defaultValue: hint })}${isStale ? ` ${t('page.stale')}` : ''}`}
      action={onRetry && <Button onClick={onRetry}>{t('page.retry')}</Button>}
      {...(onRead ? { closable: { onClose: onRead, 'aria-label': t('trouble.close') } } : {})}
    />
  );
}
