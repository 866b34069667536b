/** All accounts, and what may be done to each by whoever looks. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Popconfirm, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isRole, type Permission, ROLE_FACTS } from '@keepline/contracts/roles';
import { asKeeplineError } from '../../server/errors.ts';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { useStepUp } from '../../ui/step-up.ts';
import { RolesDialog } from './account-dialogs.tsx';
import { type Account, type AccountAct, accountsQuery, actOnAccount, endSessionsOf, type Enrolment } from './users-requests.ts';

export interface AccountTableProps {
  readonly accounts: readonly Account[];
  readonly rights: ReadonlySet<Permission>;
  readonly self: string;
  readonly onEnrolment: (enrolment: Enrolment) => void;
}

type Act = AccountAct | 'endSessions';
/** What each asks for, in the order of the buttons. */
const NEEDED: Readonly<Record<Act, Permission>> = {
  unlock: 'users.secure',
  endSessions: 'sessions.revoke',
  reset: 'users.secure',
  disable: 'users.create',
  enable: 'users.create',
};
const ACTS: readonly Act[] = ['unlock', 'endSessions', 'reset', 'disable', 'enable'];

/** Whether an act makes sense on this account. */
function fits(act: Act, { isLocked, isDisabled }: Account): boolean {
  if (act === 'unlock') return isLocked;
  if (act === 'enable') return isDisabled;
  return act !== 'disable' || !isDisabled;
}

export function AccountTable({ accounts, rights, self, onEnrolment }: AccountTableProps): ReactNode {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const [withRoles, setWithRoles] = useState<Account | null>(null);
  const run = useMutation({
    mutationFn: ({ id, act }: { readonly id: string; readonly act: Act }): Promise<Enrolment | number | undefined> =>
      stepUp<Enrolment | number | undefined>(() => (act === 'endSessions' ? endSessionsOf(id) : actOnAccount(id, act))),
    onSuccess: (result) => {
      if (typeof result === 'object') onEnrolment(result);
      else void message.success(typeof result === 'number' ? t('users.ended', { count: result }) : t('users.done'));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  });
  const language = i18n.language === 'en' ? 'en' : 'zh';
  const mayAct = ACTS.some((act) => rights.has(NEEDED[act]));
  return (
    <>
      {run.isError && <FaultAlert fault={asKeeplineError(run.error)} testId="act-error" onRead={() => run.reset()} />}
      <DataTable<Account>
        data-testid="accounts"
        rowKey={({ id }) => id}
        rows={accounts}
        pageSize={12}
        emptyText={t('page.none')}
        columns={[
          {
            title: t('users.id'),
            width: 150,
            render: ({ id }) => (
              <span className="work-line">
                {id} {id === self && <Tag>{t('users.self')}</Tag>}
              </span>
            ),
          },
          { title: t('users.name'), width: 130, render: ({ name }) => name },
          {
            title: t('users.roles'),
            width: 210,
            render: ({ roles }) => roles.map((role) => <Tag key={role}>{isRole(role) ? ROLE_FACTS[role][language] : role}</Tag>),
          },
          { title: t('users.state'), width: 200, render: (account) => <State account={account} /> },
          ...(mayAct
            ? [
                {
                  title: t('users.actions'),
                  render: (account: Account) =>
                    account.id !== self && (
                      <span className="work-line">
                        {ACTS.filter((act) => rights.has(NEEDED[act]) && fits(act, account)).map((act) => (
                          <Popconfirm
                            key={act}
                            title={t('users.confirm', { id: account.id, act: t(`users.${act}`) })}
                            okText={t('users.yes')}
                            okButtonProps={{ 'data-testid': 'confirm-yes' }}
                            onConfirm={() => run.mutate({ id: account.id, act })}
                          >
                            <Button size="small" disabled={run.isPending} data-testid={`${act}-${account.id}`}>
                              {t(`users.${act}`)}
                            </Button>
                          </Popconfirm>
                        ))}
                        {rights.has('users.secure') && (
                          <Button size="small" onClick={() => setWithRoles(account)} data-testid={`roles-${account.id}`}>
                            {t('users.setRoles')}
                          </Button>
                        )}
                      </span>
                    ),
                },
              ]
            : []),
        ]}
      />
      {withRoles && <RolesDialog account={withRoles} onClose={() => setWithRoles(null)} />}
    </>
  );
}

function State({ account: { isDisabled, isLocked, hasFactor } }: { readonly account: Account }): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      {isDisabled && <Tag>{t('users.disabled')}</Tag>}
      {isLocked && <Tag color="error">{t('users.locked')}</Tag>}
      {!isDisabled && !isLocked && <Tag color="success">{t('users.active')}</Tag>}
      <span className="work-quiet">{t(hasFactor ? 'users.factor' : 'users.noFactor')}</span>
    </>
  );
}
