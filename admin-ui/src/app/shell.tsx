/** The frame around every page: whose site, who works here, in which language, and the way out. */
import { LogoutOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Segmented } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import mark from '../ui/keepline.svg';
import type { Language } from './language.ts';

export interface ShellProps {
  readonly session: SessionReply | null;
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  /** False while signing out would drop a call. */
  readonly maySignOut: boolean;
  readonly onSignOut: () => void;
  readonly onAccount: () => void;
  readonly children: ReactNode;
}

export function Shell({ session, language, onLanguage, maySignOut, onSignOut, onAccount, children }: ShellProps): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <header className="shell-head">
        <img src={mark} alt="" width={24} height={24} />
        <span className="shell-brand">{t('brand')}</span>
        {session && session.site !== '' && <span className="shell-site">{session.site}</span>}
        <span className="shell-gap" />
        <Segmented<Language>
          size="small"
          aria-label={t('language.label')}
          data-testid="language"
          value={language}
          onChange={onLanguage}
          options={[
            { value: 'zh', label: t('language.zh') },
            { value: 'en', label: t('language.en') },
          ]}
        />
        {session && (
          <>
            <Button
              type="text"
              className="shell-agent"
              icon={<UserOutlined />}
              title={t('account.open')}
              disabled={session.stage !== 'open'}
              onClick={onAccount}
              data-testid="own-account"
            >
              {session.agent.name} <span className="shell-agent-id">{session.agent.id}</span>
            </Button>
            <Button
              type="text"
              className="shell-leave"
              icon={<LogoutOutlined />}
              disabled={!maySignOut}
              onClick={onSignOut}
              data-testid="sign-out"
            >
              {t('signOut')}
            </Button>
          </>
        )}
      </header>
      {children}
    </>
  );
}
