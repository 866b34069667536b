/** Asks for the second factor again where the gateway wants a fresh one (ten minutes), then lets the act go on where it stopped. */
import { useMutation } from '@tanstack/react-query';
import { Alert } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError, GatewayRefused } from '../server/errors.ts';
import { Dialog } from '../ui/dialog.tsx';
import { type StepUp, StepUpContext } from '../ui/step-up.ts';
import { CodeForm, PasskeyButton } from './factor-forms.tsx';
import { provePasskey } from './passkey.ts';
import { proveFactor } from './session.ts';

interface Waiting {
  readonly proven: () => void;
  readonly givenUp: () => void;
}

export function StepUpProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const stepUp: StepUp = useCallback(async (act) => {
    try {
      return await act();
    } catch (refusal) {
      if (!(refusal instanceof GatewayRefused && refusal.code === 'STEP_UP_NEEDED')) throw refusal;
      await new Promise<void>((proven, reject) => setWaiting({ proven, givenUp: () => reject(refusal) }));
      return act();
    }
  }, []);
  const end = (how: keyof Waiting): void => {
    waiting?.[how]();
    setWaiting(null);
  };
  return (
    <StepUpContext value={stepUp}>
      {children}
      {waiting && <StepUpDialog onProven={() => end('proven')} onGivenUp={() => end('givenUp')} />}
    </StepUpContext>
  );
}

function StepUpDialog({ onProven, onGivenUp }: { readonly onProven: () => void; readonly onGivenUp: () => void }): ReactNode {
  const { t } = useTranslation();
  const code = useMutation({ mutationFn: proveFactor, onSuccess: onProven });
  const passkey = useMutation({ mutationFn: provePasskey, onSuccess: onProven });
  const refused = code.error ?? passkey.error;
  const { code: errorCode, message, hint } = asKeeplineError(refused ?? '');
  return (
    <Dialog title={t('stepUp.title')} width={420} onCancel={onGivenUp} closeLabel={t('stepUp.cancel')} data-testid="step-up">
      <p>{t('stepUp.text')}</p>
      {refused && (
        <Alert
          type="error"
          showIcon
          className="sign-in-alert"
          data-testid="step-up-error"
          data-code={errorCode}
          title={t(`error.${errorCode}.message`, { defaultValue: message })}
          description={t(`error.${errorCode}.hint`, { defaultValue: hint })}
        />
      )}
      <CodeForm label={t('factor.code')} isPending={code.isPending} onCode={(given) => code.mutate(given)} />
      <PasskeyButton text={t('passkey.use')} isPending={passkey.isPending} onPress={() => passkey.mutate()} />
    </Dialog>
  );
}
