/** Where an agent begins: id, password, and what went wrong if it did. */
import { LockOutlined, UserOutlined } from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Card, Divider, Form, Input, type InputRef } from 'antd';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionReply, SignInRequest } from '@keepline/contracts/agent-protocol';
import { asKeeplineError, GatewayRefused } from '../server/errors.ts';
import { hasProvider, providerAddress, signIn } from './session.ts';

export interface SignInPageProps {
  /** Why the agent is here again; '' at the first visit. */
  readonly notice: string;
  readonly onSignedIn: (session: SessionReply) => void;
}

export function SignInPage({ notice, onSignedIn }: SignInPageProps): ReactNode {
  const { t } = useTranslation();
  const [form] = Form.useForm<SignInRequest>();
  const agentInput = useRef<InputRef>(null);
  const passwordInput = useRef<InputRef>(null);
  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: onSignedIn,
    onError: () => {
      form.setFieldValue('password', '');
      passwordInput.current?.focus();
    },
  });
  const ways = useQuery({ queryKey: ['sign-in-ways'], queryFn: hasProvider, retry: false });
  const provider = useMutation({ mutationFn: providerAddress, onSuccess: (url) => location.assign(url) });
  // what the provider sent back and the gateway refused comes as a code in the address
  const [sentBack] = useState(() => /^[A-Z_]{3,40}$/.exec(new URLSearchParams(location.search).get('refused') ?? '')?.[0]);
  const refused = attempt.error ?? provider.error ?? (sentBack === undefined ? null : new GatewayRefused(sentBack, '', '', 401));
  useEffect(() => {
    agentInput.current?.focus();
    document.title = `${t('signIn.title')} · ${t('brand')}`;
  }, [t]);
  return (
    <main className="sign-in">
      <Card className="sign-in-card">
        <h1>{t('signIn.title')}</h1>
        <p className="sign-in-subtitle">{t('signIn.subtitle')}</p>
        {notice !== '' && !refused && <Alert type="warning" showIcon title={notice} className="sign-in-alert" data-testid="notice" />}
        {refused && <Refusal thrown={refused} />}
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          disabled={attempt.isPending}
          onFinish={(request) => attempt.mutate(request)}
        >
          <Form.Item name="agent" label={t('signIn.agent')} rules={[{ required: true, message: t('signIn.agentRequired') }]}>
            <Input
              ref={agentInput}
              prefix={<UserOutlined aria-hidden="true" />}
              size="large"
              maxLength={48}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              data-testid="sign-in-agent"
            />
          </Form.Item>
          <Form.Item name="password" label={t('signIn.password')} rules={[{ required: true, message: t('signIn.passwordRequired') }]}>
            <Input.Password
              ref={passwordInput}
              prefix={<LockOutlined aria-hidden="true" />}
              size="large"
              maxLength={256}
              autoComplete="current-password"
              data-testid="sign-in-password"
            />
          </Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={attempt.isPending} data-testid="sign-in-submit">
            {t('signIn.submit')}
          </Button>
        </Form>
        {ways.data === true && (
          <>
            <Divider plain>{t('signIn.or')}</Divider>
            <Button size="large" block loading={provider.isPending} onClick={() => provider.mutate()} data-testid="sign-in-provider">
              {t('signIn.provider')}
            </Button>
          </>
        )}
        <p className="sign-in-notice">{t('signIn.notice')}</p>
      </Card>
    </main>
  );
}

/** A wrong password and a wrong agent id read the same: which of the two it was helps only whoever is guessing. */
function Refusal({ thrown }: { readonly thrown: unknown }): ReactNode {
  const { t } = useTranslation();
  const { code, message, hint } = asKeeplineError(thrown);
  return (
    <Alert
      type="error"
      showIcon
      className="sign-in-alert"
      data-testid="sign-in-error"
      data-code={code}
      title={t(`error.${code}.message`, { defaultValue: message })}
      description={t(`error.${code}.hint`, { defaultValue: hint })}
    />
  );
}
