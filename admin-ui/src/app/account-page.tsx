/** Everybody's own account: the password, the second factors, and where one is signed in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Form, Input, Popconfirm, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError } from '../server/errors.ts';
import { DataTable } from '../ui/data-table.tsx';
import { FaultAlert } from '../ui/fault-text.tsx';
import { momentText } from '../ui/moment.ts';
import { WorkPage } from '../ui/work-page.tsx';
import { AccountFactors } from './account-factors.tsx';
import { endOwnSession, type OwnSession, ownSessionsQuery, replacePassword } from './account-requests.ts';

export function AccountPage({ onBack }: { readonly onBack: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <WorkPage
      title={t('account.title')}
      testId="account-page"
      isLoading={false}
      fault={null}
      onRetry={() => undefined}
      extra={
        <Button onClick={onBack} data-testid="account-back">
          {t('account.back')}
        </Button>
      }
    >
      <PasswordCard />
      <AccountFactors />
      <SessionCard />
    </WorkPage>
  );
}

interface Fields {
  readonly current: string;
  readonly next: string;
  readonly again: string;
}

function PasswordCard(): ReactNode {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const change = useMutation({
    mutationFn: ({ current, next }: Fields) => replacePassword(current, next),
    onSuccess: () => {
      form.resetFields();
      void message.success(t('account.changed'));
      return queries.invalidateQueries({ queryKey: ownSessionsQuery.queryKey });
    },
  });
  const required = { required: true, message: t('password.required') };
  const field = (name: keyof Fields, autoComplete: string) => (
    <Input.Password maxLength={256} autoComplete={autoComplete} data-testid={`own-${name}`} />
  );
  return (
    <Card className="work-card" title={t('account.password')}>
      <p className="work-quiet">{t('account.passwordText')}</p>
      {change.isError && <FaultAlert fault={asKeeplineError(change.error)} testId="own-password-error" onRead={() => change.reset()} />}
      <Form<Fields>
        form={form}
        className="account-form"
        layout="vertical"
        requiredMark={false}
        disabled={change.isPending}
        onFinish={(fields) => change.mutate(fields)}
      >
        <Form.Item name="current" label={t('account.current')} rules={[required]}>
          {field('current', 'current-password')}
        </Form.Item>
        <Form.Item name="next" label={t('password.next')} rules={[required]} extra={t('password.rule')}>
          {field('next', 'new-password')}
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
          {field('again', 'new-password')}
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={change.isPending} data-testid="own-password-submit">
          {t('account.change')}
        </Button>
      </Form>
    </Card>
  );
}

function SessionCard(): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(ownSessionsQuery);
  const [ending, setEnding] = useState('');
  const end = useMutation({
    mutationFn: endOwnSession,
    onMutate: setEnding,
    onSettled: () => queries.invalidateQueries({ queryKey: ownSessionsQuery.queryKey }),
  });
  return (
    <Card className="work-card" title={t('users.sessions')}>
      {error && <FaultAlert fault={asKeeplineError(error)} onRetry={() => void refetch()} testId="own-sessions-error" />}
      {end.isError && <FaultAlert fault={asKeeplineError(end.error)} testId="own-end-error" onRead={() => end.reset()} />}
      <DataTable<OwnSession>
        data-testid="own-sessions"
        rowKey={({ id }) => id}
        rows={data ?? []}
        pageSize={10}
        emptyText={t('users.noSessions')}
        columns={[
          { title: t('users.from'), width: 220, render: ({ from }) => from },
          { title: t('users.opened'), render: ({ openedAtMs }) => momentText(openedAtMs, i18n.language) },
          {
            width: 140,
            render: ({ id, isThis }) =>
              isThis ? (
                <Tag>{t('users.thisSession')}</Tag>
              ) : (
                <Popconfirm
                  title={t('account.endConfirm')}
                  okText={t('users.yes')}
                  okButtonProps={{ 'data-testid': 'confirm-yes' }}
                  onConfirm={() => end.mutate(id)}
                >
                  <Button size="small" loading={end.isPending && ending === id} data-testid="own-end">
                    {t('users.end')}
                  </Button>
                </Popconfirm>
              ),
          },
        ]}
      />
    </Card>
  );
}
