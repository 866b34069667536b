/** The second factor of a privileged role: asked for at each sign-in, enrolled at the first. */
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import { beginTotp, confirmTotp, proveFactor } from './session.ts';
import { StepPage } from './step-page.tsx';

export interface SecondFactorProps {
  readonly onDone: (session: SessionReply) => void;
}

export function SecondFactorPage({ onDone }: SecondFactorProps): ReactNode {
  const { t } = useTranslation();
  const attempt = useMutation({ mutationFn: proveFactor, onSuccess: onDone });
  return (
    <StepPage title={t('factor.title')} text={t('factor.text')} refused={attempt.error} testId="factor-page">
      <CodeForm label={t('factor.code')} isPending={attempt.isPending} onCode={(code) => attempt.mutate(code)} />
    </StepPage>
  );
}

/** Shows the secret once, takes a code of it, then shows the recovery codes once. */
export function EnrolmentPage({ onDone }: SecondFactorProps): ReactNode {
  const { t } = useTranslation();
  const begin = useMutation({ mutationFn: beginTotp });
  const [done, setDone] = useState<{ readonly session: SessionReply; readonly recoveryCodes: readonly string[] }>();
  const confirm = useMutation({ mutationFn: confirmTotp, onSuccess: setDone });
  return (
    <StepPage title={t('factor.enrolTitle')} text={t('factor.enrolText')} refused={confirm.error ?? begin.error} testId="enrolment-page">
      {!begin.data && (
        <Button type="primary" size="large" block loading={begin.isPending} onClick={() => begin.mutate()} data-testid="enrol-begin">
          {t('factor.begin')}
        </Button>
      )}
      {begin.data && !done && (
        <>
          <p>
            {t('factor.secret')} <code data-testid="enrol-secret">{begin.data.secret}</code>
          </p>
          <CodeForm label={t('factor.enrolCode')} isPending={confirm.isPending} onCode={(code) => confirm.mutate(code)} />
        </>
      )}
      {done && (
        <>
          <Alert type="warning" showIcon className="sign-in-alert" title={t('factor.recovery')} />
          <pre data-testid="recovery-codes">{done.recoveryCodes.join('\n')}</pre>
          <Button type="primary" size="large" block onClick={() => onDone(done.session)} data-testid="enrol-done">
            {t('factor.kept')}
          </Button>
        </>
      )}
    </StepPage>
  );
}

interface CodeFormProps {
  readonly label: string;
  readonly isPending: boolean;
  readonly onCode: (code: string) => void;
}

function CodeForm({ label, isPending, onCode }: CodeFormProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Form<{ code: string }> layout="vertical" requiredMark={false} disabled={isPending} onFinish={({ code }) => onCode(code.trim())}>
      <Form.Item name="code" label={label} rules={[{ required: true, message: t('factor.required') }]}>
        <Input size="large" maxLength={64} autoComplete="one-time-code" spellCheck={false} data-testid="factor-code" autoFocus />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={isPending} data-testid="factor-submit">
        {t('factor.submit')}
      </Button>
    </Form>
  );
}
