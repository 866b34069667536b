/** The frame of a step between the password and the desk: one card, what it is about, what went wrong. */
import { Alert, Card } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError } from '../server/errors.ts';

export interface StepPageProps {
  readonly title: string;
  readonly text: string;
  /** What the last attempt was refused with. */
  readonly refused: unknown;
  readonly testId: string;
  readonly children: ReactNode;
}

export function StepPage({ title, text, refused, testId, children }: StepPageProps): ReactNode {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t('brand')}`;
  }, [t, title]);
  const { code, message, hint } = asKeeplineError(refused ?? '');
  return (
    <main className="sign-in">
      <Card className="sign-in-card" data-testid={testId}>
        <h1>{title}</h1>
        <p className="sign-in-subtitle">{text}</p>
        {refused !== null && refused !== undefined && (
          <Alert
            type="error"
            showIcon
            className="sign-in-alert"
            data-testid="step-error"
            data-code={code}
            title={t(`error.${code}.message`, { defaultValue: message })}
            description={t(`error.${code}.hint`, { defaultValue: hint })}
          />
        )}
        {children}
      </Card>
    </main>
  );
}
