/** A first password, an enrolment code or an expired password leads here: nothing else is open until its owner has set a new one. */
import { useMutation } from '@tanstack/react-query';
import { Button, Form, Input } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import { changePassword } from './session.ts';
import { StepPage } from './step-page.tsx';

interface Fields {
  readonly next: string;
  readonly again: string;
}

export function PasswordPage({ onChanged }: { readonly onChanged: (session: SessionReply) => void }): ReactNode {
  const { t } = useTranslation();
  const attempt = useMutation({ mutationFn: changePassword, onSuccess: onChanged });
  const required = { required: true, message: t('password.required') };
  return (
    <StepPage title={t('password.title')} text={t('password.text')} refused={attempt.error} testId="password-page">
      <Form<Fields> layout="vertical" requiredMark={false} disabled={attempt.isPending} onFinish={({ next }) => attempt.mutate(next)}>
        <Form.Item name="next" label={t('password.next')} rules={[required]} extra={t('password.rule')}>
          <Input.Password size="large" maxLength={256} autoComplete="new-password" data-testid="password-next" autoFocus />
        </Form.Item>
        <Form.Item
          name="again"
          label={t('password.again')}
          dependencies={['next']}
          rules={[
            required,
            ({ getFieldValue }) => ({
              validator: (_rule, value) =>
                value === getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t('password.different'))),
            }),
          ]}
        >
          <Input.Password size="large" maxLength={256} autoComplete="new-password" data-testid="password-again" />
        </Form.Item>
        <Button type="primary" htmlType="submit" size="large" block loading={attempt.isPending} data-testid="password-submit">
          {t('password.submit')}
        </Button>
      </Form>
    </StepPage>
  );
}
