/** The second factor of a privileged role: asked for at each sign-in, enrolled at the first. */
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, QRCode } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import { CodeForm, PasskeyButton } from './factor-forms.tsx';
import { enrolPasskey, provePasskey } from './passkey.ts';
import { beginTotp, confirmTotp, type Enrolled, proveFactor } from './session.ts';
import { StepPage } from './step-page.tsx';

export interface SecondFactorProps {
  readonly onDone: (session: SessionReply) => void;
}

export function SecondFactorPage({ onDone }: SecondFactorProps): ReactNode {
  const { t } = useTranslation();
  const attempt = useMutation({ mutationFn: proveFactor, onSuccess: onDone });
  const passkey = useMutation({ mutationFn: provePasskey, onSuccess: onDone });
  return (
    <StepPage title={t('factor.title')} text={t('factor.text')} refused={attempt.error ?? passkey.error} testId="factor-page">
      <CodeForm label={t('factor.code')} isPending={attempt.isPending} onCode={(code) => attempt.mutate(code)} />
      <PasskeyButton text={t('passkey.use')} isPending={passkey.isPending} onPress={() => passkey.mutate()} />
    </StepPage>
  );
}

/** Shows the secret once, takes a code of it (or a passkey instead), then shows the recovery codes once. */
export function EnrolmentPage({ onDone }: SecondFactorProps): ReactNode {
  const { t } = useTranslation();
  const begin = useMutation({ mutationFn: beginTotp });
  const [done, setDone] = useState<Enrolled>();
  const confirm = useMutation({ mutationFn: confirmTotp, onSuccess: setDone });
  const passkey = useMutation({ mutationFn: enrolPasskey, onSuccess: setDone });
  const refused = confirm.error ?? begin.error ?? passkey.error;
  return (
    <StepPage title={t('factor.enrolTitle')} text={t('factor.enrolText')} refused={refused} testId="enrolment-page">
      {!begin.data && !done && (
        <>
          <Button type="primary" size="large" block loading={begin.isPending} onClick={() => begin.mutate()} data-testid="enrol-begin">
            {t('factor.begin')}
          </Button>
          <PasskeyButton text={t('passkey.enrol')} isPending={passkey.isPending} onPress={() => passkey.mutate()} />
        </>
      )}
      {begin.data && !done && (
        <>
          <p>{t('factor.scan')}</p>
          <QRCode className="enrol-qr" type="svg" size={168} value={begin.data.uri} data-testid="enrol-qr" />
          <p className="enrol-secret">
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
