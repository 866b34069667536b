/**
 * How the cloud link stands, always in one place on the screen: a green tag while it is up, a lasting banner while it is not, with what
 * is unavailable and what waits to be sent.
 */
import { CloudOutlined, CloudSyncOutlined } from '@ant-design/icons';
import { Alert, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CLOUD_FEATURES, LINK_CONDITIONS, linkConditionCode, type LinkStatus } from '@keepline/contracts/link';
import { durationText } from '../../ui/duration.ts';
import { Ticking } from '../../ui/ticking.tsx';
import { type DeskState, serverNowMs } from './desk-state.ts';

/** The tag of a link that is up; everything else is the banner's. */
export function LinkTag({ link }: { readonly link: LinkStatus }): ReactNode {
  const { t } = useTranslation();
  if (link.state !== 'up') return null;
  const isSyncing = link.backlog > 0;
  return (
    <Tag
      color={isSyncing ? 'processing' : 'success'}
      icon={isSyncing ? <CloudSyncOutlined /> : <CloudOutlined />}
      data-testid="link-banner"
      data-state="up"
    >
      {isSyncing ? t('link.syncing', { events: link.backlog }) : t('link.up')}
    </Tag>
  );
}

export function LinkBanner({ state }: { readonly state: DeskState }): ReactNode {
  const { t, i18n } = useTranslation();
  const link = state.view?.link;
  if (!link || link.state === 'up') return null;
  const features = CLOUD_FEATURES.map((feature) => t(`link.feature.${feature}`)).join(t('link.separator'));
  const backlog =
    link.backlog === 0
      ? t('link.noBacklog')
      : `${t('link.backlog', { events: link.backlog })}${t('link.separator')}${t('link.oldest', { age: durationText(link.oldestUnsentMs) })}`;
  return (
    <Alert
      banner
      showIcon
      type={link.state === 'probing' ? 'info' : 'warning'}
      data-testid="link-banner"
      data-state={link.state}
      title={
        <span className="banner-line">
          <strong>{t(`link.${link.state}`)}</strong>
          <span className="numeric">
            <Ticking>{(now) => t('link.since', { age: durationText(serverNowMs(state, now) - link.sinceMs) })}</Ticking>
          </span>
          {link.condition && (
            <span data-testid="link-condition" data-condition={link.condition} title={linkConditionCode(link.condition)}>
              {LINK_CONDITIONS[link.condition][i18n.language.startsWith('zh') ? 'zh' : 'en']}
            </span>
          )}
          <span>{t('link.localOk')}</span>
          <span>{t(link.state === 'down' ? 'link.unavailable' : 'link.maybeUnavailable', { features })}</span>
          <span className="numeric" data-testid="link-backlog">
            {backlog}
          </span>
        </span>
      }
    />
  );
}
