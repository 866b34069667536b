/** The sessions of everybody, and the end of each for whoever may. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Popconfirm, Spin, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError } from '../../server/errors.ts';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText } from '../../ui/moment.ts';
import { endSession, type OpenSession, sessionsQuery } from './users-requests.ts';

export function SessionTable({ mayEnd }: { readonly mayEnd: boolean }): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(sessionsQuery);
  const end = useMutation({
    mutationFn: endSession,
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  if (isPending) return <Spin className="page-wait" size="large" description={t('loading')} />;
  return (
    <>
      {error && <FaultAlert fault={asKeeplineError(error)} onRetry={() => void refetch()} testId="sessions-error" />}
      {end.isError && <FaultAlert fault={asKeeplineError(end.error)} testId="end-error" onRead={() => end.reset()} />}
      <DataTable<OpenSession>
        data-testid="sessions"
        rowKey={({ id }) => id}
        rows={data ?? []}
        pageSize={12}
        emptyText={t('users.noSessions')}
        columns={[
          { title: t('users.id'), width: 220, render: ({ user }) => user },
          { title: t('users.from'), width: 220, render: ({ from }) => from },
          { title: t('users.opened'), render: ({ openedAtMs }) => momentText(openedAtMs, i18n.language) },
          {
            width: 140,
            render: ({ id, user, isThis }) =>
              isThis ? (
                <Tag>{t('users.thisSession')}</Tag>
              ) : (
                mayEnd && (
                  <Popconfirm
                    title={t('users.confirm', { id: user, act: t('users.end') })}
                    okText={t('users.yes')}
                    okButtonProps={{ 'data-testid': 'confirm-yes' }}
                    onConfirm={() => end.mutate(id)}
                  >
                    <Button size="small" disabled={end.isPending} data-testid={`end-${user}`}>
                      {t('users.end')}
                    </Button>
                  </Popconfirm>
                )
              ),
          },
        ]}
      />
    </>
  );
}
