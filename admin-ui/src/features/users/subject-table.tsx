/** People of the identity provider: whoever waits is bound to an account by a security administrator, and a binding can be taken away. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input, Popconfirm } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError } from '../../server/errors.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { momentText } from '../../ui/moment.ts';
import { useStepUp } from '../../ui/step-up.ts';
import { bindSubject, removeSubject, type Subject, subjectsQuery } from './users-requests.ts';

export function SubjectTable({ subjects, mayBind }: { readonly subjects: readonly Subject[]; readonly mayBind: boolean }): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const act = useMutation({
    mutationFn: (change: () => Promise<void>) => stepUp(change),
    onSettled: () => queries.invalidateQueries({ queryKey: subjectsQuery.queryKey }),
  });
  return (
    <>
      <p className="work-quiet">{t('users.subjectsText')}</p>
      {act.isError && <FaultAlert fault={asKeeplineError(act.error)} testId="subject-error" onRead={() => act.reset()} />}
      <DataTable<Subject>
        data-testid="subjects"
        rowKey={({ id }) => id}
        rows={subjects}
        pageSize={12}
        emptyText={t('users.noSubjects')}
        columns={[
          { title: t('users.subject'), render: ({ subject }) => subject },
          { title: t('users.claimedName'), width: 160, render: ({ claimedName }) => claimedName },
          { title: t('users.seen'), width: 160, render: ({ seenAtMs }) => momentText(seenAtMs, i18n.language) },
          { title: t('users.id'), width: 160, render: ({ user }) => user },
          {
            width: 300,
            render: ({ id, user, claimedName }) =>
              mayBind &&
              (user === '' ? (
                <BindField claimedName={claimedName} isBusy={act.isPending} onBind={(name) => act.mutate(() => bindSubject(id, name))} />
              ) : (
                <Popconfirm
                  title={t('users.confirm', { id: user, act: t('users.unbind') })}
                  okText={t('users.yes')}
                  onConfirm={() => act.mutate(() => removeSubject(id))}
                >
                  <Button size="small" disabled={act.isPending}>
                    {t('users.unbind')}
                  </Button>
                </Popconfirm>
              )),
          },
        ]}
      />
    </>
  );
}

interface BindFieldProps {
  readonly claimedName: string;
  readonly isBusy: boolean;
  readonly onBind: (user: string) => void;
}

/** Empty at first: the name the provider gave is a hint, and whoever binds types the account on purpose. */
function BindField({ claimedName, isBusy, onBind }: BindFieldProps): ReactNode {
  const { t } = useTranslation();
  const [user, setUser] = useState('');
  return (
    <span className="work-row">
      <Input
        size="small"
        value={user}
        maxLength={48}
        aria-label={t('users.bindTo', { name: claimedName })}
        placeholder={t('users.id')}
        onChange={({ target }) => setUser(target.value)}
      />
      <Button size="small" disabled={isBusy || user.trim() === ''} onClick={() => onBind(user.trim())}>
        {t('users.bind')}
      </Button>
    </span>
  );
}
