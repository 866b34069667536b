/** Everything that stands in the agent's way, as lasting banners with the next action: the connection, the site, the sound, a refused command. */
import { Alert, Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Ticking } from '../../ui/ticking.tsx';
import type { DeskActs } from './desk-acts.ts';
import type { Connection, DeskState, Trouble } from './desk-state.ts';

export interface TroubleBannersProps {
  readonly state: DeskState;
  readonly acts: DeskActs;
}

export function TroubleBanners({ state, acts }: TroubleBannersProps): ReactNode {
  const { t } = useTranslation();
  const { connection, sound, trouble } = state;
  return (
    <>
      {state.bye === 'site_stopping' && <Alert banner type="warning" title={t('bye.site_stopping')} data-testid="bye-banner" />}
      {connection.at === 'lost' && <ConnectionBanner connection={connection} onNow={() => acts.reconnectNow()} />}
      {sound.at === 'failed' && connection.at === 'open' && (
        <Alert
          banner
          type="error"
          data-testid="sound-banner"
          data-code={sound.trouble.code}
          title={
            <span className="banner-line">
              <strong>{t('sound.failed')}</strong>
              <TroubleText trouble={sound.trouble} />
              <span>{t('sound.consequence')}</span>
            </span>
          }
          action={
            <Button size="small" data-testid="sound-retry" onClick={() => acts.repairSound()}>
              {t('sound.retry')}
            </Button>
          }
        />
      )}
      {trouble && (
        <Alert
          banner
          type="error"
          data-testid="trouble"
          data-code={trouble.code}
          closable={{ onClose: () => acts.troubleRead(), 'aria-label': t('trouble.close') }}
          title={
            <span className="banner-line">
              <strong>{t('trouble.title')}</strong>
              <TroubleText trouble={trouble} />
            </span>
          }
        />
      )}
    </>
  );
}

function ConnectionBanner({
  connection,
  onNow,
}: {
  readonly connection: Extract<Connection, { at: 'lost' }>;
  readonly onNow: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const { attempt, retryAtMs } = connection;
  return (
    <Alert
      banner
      type="error"
      data-testid="connection-banner"
      title={
        <span className="banner-line">
          <strong>{t('connection.lost')}</strong>
          <span className="numeric">
            <Ticking>
              {(now) => {
                const seconds = Math.ceil((retryAtMs - now) / 1000);
                return seconds > 0 ? t('connection.retry', { attempt, seconds }) : t('connection.retryingNow', { attempt });
              }}
            </Ticking>
          </span>
          {attempt > 2 && <span>{t('connection.network')}</span>}
        </span>
      }
      action={
        <Button size="small" onClick={onNow}>
          {t('connection.now')}
        </Button>
      }
    />
  );
}

/** A fault in the agent's language where the code is known, else in the words of whoever reported it. */
export function TroubleText({ trouble }: { readonly trouble: Trouble }): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <span>{t(`error.${trouble.code}.message`, { defaultValue: trouble.message })}</span>
      <span>{t(`error.${trouble.code}.hint`, { defaultValue: trouble.hint })}</span>
      <code className="trouble-code">{trouble.code}</code>
    </>
  );
}
