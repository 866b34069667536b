/** What somebody sees: sign-in, the steps after it, or the pages their roles open, in the chosen language. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App as AntApp, Button, ConfigProvider, Result, Spin } from 'antd';
import enUS from 'antd/es/locale/en_US';
import zhCNWidgets from 'antd/es/locale/zh_CN';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import { asKeeplineError } from '../server/errors.ts';
import { theme } from '../ui/theme.ts';
import { chosenLanguage, keepLanguage, type Language } from './language.ts';
import { pagesFor, rightsOf } from './pages.ts';
import { PasswordPage } from './password-page.tsx';
import { EnrolmentPage, SecondFactorPage } from './second-factor-page.tsx';
import { sessionQuery, signOut } from './session.ts';
import { Shell } from './shell.tsx';
import { SignInPage } from './sign-in-page.tsx';
import { StepUpProvider } from './step-up-dialog.tsx';
import { openAccount, Workbench } from './workbench.tsx';
import '../ui/page.css';
import './shell.css';

/** Loaded only once somebody is signed in: the media library is half of it. */
const DeskPage = lazy(async () => ({ default: (await import('../features/agent-desk/desk-page.tsx')).DeskPage }));

export function App({ nonce }: { readonly nonce: string }): ReactNode {
  const { t, i18n } = useTranslation();
  const language: Language = i18n.language === 'en' ? 'en' : 'zh';
  const queries = useQueryClient();
  const session = useQuery(sessionQuery);
  const [notice, setNotice] = useState('');
  const [isBusy, setBusy] = useState(false);

  const setSession = useCallback((next: SessionReply | null) => queries.setQueryData(sessionQuery.queryKey, next), [queries]);
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: (elsewhere) => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' }); // nothing of one person is there for the next
      setSession(null);
      if (elsewhere !== undefined) window.location.assign(elsewhere);
    },
  });
  const speak = useCallback((next: Language) => void i18n.changeLanguage(next), [i18n]);

  useEffect(() => {
    document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
  }, [language]);
  const siteLanguage = session.data?.language;
  useEffect(() => {
    if (siteLanguage && chosenLanguage() === undefined) speak(siteLanguage);
  }, [siteLanguage, speak]);

  const onBye = useCallback(
    (why: string) => {
      setNotice(t(`bye.${why}`));
      setSession(null);
    },
    [setSession, t],
  );
  const onRefused = useCallback(() => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey }), [queries]);

  const page = (): ReactNode => {
    const waiting = <Spin className="page-wait" size="large" description={t('loading')} />;
    if (session.data) {
      const { stage, roles } = session.data;
      if (stage === 'second_factor') return <SecondFactorPage onDone={setSession} />;
      if (stage === 'password_change') return <PasswordPage onChanged={setSession} />;
      if (stage === 'factor_enrolment') return <EnrolmentPage onDone={setSession} />;
      const rights = rightsOf(roles);
      const pages = pagesFor(rights);
      const nothing = <Result status="info" title={t('noDesk.title')} subTitle={t('noDesk.text')} data-testid="no-desk" />;
      const desk = (
        <Suspense fallback={waiting}>
          <DeskPage onBye={onBye} onRefused={onRefused} onBusy={setBusy} />
        </Suspense>
      );
      return <Workbench pages={pages} rights={rights} self={session.data.agent.id} desk={desk} nothing={nothing} />;
    }
    if (session.data === null) {
      return (
        <SignInPage
          notice={notice}
          onSignedIn={(next) => {
            setNotice('');
            setSession(next);
          }}
        />
      );
    }
    return session.isError ? <Unreachable error={session.error} onRetry={() => void session.refetch()} /> : waiting;
  };

  return (
    <ConfigProvider csp={{ nonce }} theme={theme} locale={language === 'en' ? enUS : zhCNWidgets} button={{ autoInsertSpace: false }}>
      <AntApp>
        <Shell
          session={session.data ?? null}
          language={language}
          onLanguage={(next) => {
            keepLanguage(next);
            speak(next);
          }}
          maySignOut={!isBusy && !leave.isPending}
          onSignOut={() => leave.mutate()}
          onAccount={openAccount}
        >
          {leave.isError && <Refused error={leave.error} onRead={() => leave.reset()} />}
          <StepUpProvider>{page()}</StepUpProvider>
        </Shell>
      </AntApp>
    </ConfigProvider>
  );
}

/** Signing out was refused, most likely because a call came in that moment. */
function Refused({ error, onRead }: { readonly error: Error; readonly onRead: () => void }): ReactNode {
  const { t } = useTranslation();
  const { code, message, hint } = asKeeplineError(error);
  return (
    <Alert
      banner
      type="error"
      data-testid="sign-out-refused"
      closable={{ onClose: onRead, 'aria-label': t('trouble.close') }}
      title={`${t(`error.${code}.message`, { defaultValue: message })} · ${t(`error.${code}.hint`, { defaultValue: hint })} (${code})`}
    />
  );
}

function Unreachable({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }): ReactNode {
  const { t } = useTranslation();
  const { code, message, hint } = asKeeplineError(error);
  return (
    <Result
      status="warning"
      title={t(`error.${code}.message`, { defaultValue: message })}
      subTitle={`${t(`error.${code}.hint`, { defaultValue: hint })} (${code})`}
      extra={<Button onClick={onRetry}>{t('sound.retry')}</Button>}
    />
  );
}
