/** Asking the caller to key a card number or a PIN: a button for each the site has, then how many digits there are, and a way out. */
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall, DeskView } from '@keepline/contracts/agent-protocol';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState } from './desk-state.ts';

export interface SecretButtonsProps {
  readonly state: DeskState;
  readonly call: DeskCall;
  readonly acts: DeskActs;
}

export function SecretButtons({ state, call, acts }: SecretButtonsProps): ReactNode {
  const { t, i18n } = useTranslation();
  const secrets = state.view?.secrets ?? [];
  if (secrets.length === 0) return null;
  const allowed = allowedAsks(state);
  const isZh = i18n.language.startsWith('zh');
  if (call.collecting) {
    const { hook, digits, isChecking } = call.collecting;
    const what = wordOf(secrets.find((secret) => secret.hook === hook) ?? { hook, zh: '', en: '' }, isZh);
    return (
      <>
        <output className="quiet" data-testid="secret-progress" data-digits={digits}>
          {isChecking ? t('talk.secretChecking', { what }) : t('talk.secretKeying', { what, digits })}
        </output>
        <Button
          size="large"
          data-testid="secret.abort"
          disabled={!allowed.has('secret.abort')}
          onClick={() => acts.ask({ ask: 'secret.abort', callId: call.callId })}
        >
          {t('talk.secretAbort')}
        </Button>
      </>
    );
  }
  return (
    <>
      {secrets.map((secret) => (
        <Button
          key={secret.hook}
          size="large"
          data-testid={`secret-${secret.hook}`}
          disabled={!allowed.has('secret.collect')}
          onClick={() => acts.ask({ ask: 'secret.collect', callId: call.callId, hook: secret.hook })}
        >
          {t('talk.secretCollect', { what: wordOf(secret, isZh) })}
        </Button>
      ))}
      {call.lastSecret !== null && (
        <output className="quiet" data-testid="secret-outcome" data-outcome={call.lastSecret}>
          {t(`talk.secretOutcome.${call.lastSecret}`)}
        </output>
      )}
    </>
  );
}

/** The site names what it takes in both languages, or not at all. */
const wordOf = ({ hook, zh, en }: DeskView['secrets'][number], isZh: boolean): string => (isZh ? zh : en) || hook;
