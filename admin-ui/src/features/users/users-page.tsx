/** Accounts and sessions for the three administrators: each sees what their role may do, and nobody acts on their own account. */
import { useQuery } from '@tanstack/react-query';
import { Button, Tabs } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission } from '@keepline/contracts/roles';
import { asKeeplineError } from '../../server/errors.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { AccountTable } from './account-table.tsx';
import { CodeDialog, CreateDialog } from './account-dialogs.tsx';
import { SessionTable } from './session-table.tsx';
import { SubjectTable } from './subject-table.tsx';
import { accountsQuery, type Enrolment, subjectsQuery } from './users-requests.ts';

export interface UsersPageProps {
  readonly rights: ReadonlySet<Permission>;
  readonly self: string;
}

export function UsersPage({ rights, self }: UsersPageProps): ReactNode {
  const { t } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(accountsQuery);
  const subjects = useQuery(subjectsQuery);
  const [isCreating, setCreating] = useState(false);
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const accounts = {
    key: 'accounts',
    label: <span data-testid="tab-accounts">{t('users.accounts')}</span>,
    children: data && <AccountTable accounts={data} rights={rights} self={self} onEnrolment={setEnrolment} />,
  };
  const sessions = {
    key: 'sessions',
    label: <span data-testid="tab-sessions">{t('users.sessions')}</span>,
    children: <SessionTable mayEnd={rights.has('sessions.revoke')} />,
  };
  const provider = {
    key: 'subjects',
    label: <span data-testid="tab-subjects">{t('users.subjects')}</span>,
    children: <SubjectTable subjects={subjects.data ?? []} mayBind={rights.has('users.secure')} />,
  };
  const tabs = [accounts, ...(rights.has('sessions.read') ? [sessions] : []), ...(subjects.data ? [provider] : [])];
  return (
    <WorkPage
      title={t('users.title')}
      testId="users-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
      extra={
        rights.has('users.create') && (
          <Button type="primary" onClick={() => setCreating(true)} data-testid="create-account">
            {t('users.create')}
          </Button>
        )
      }
    >
      {data ? <Tabs className="work-tabs" items={tabs} destroyOnHidden /> : null}
      {isCreating && (
        <CreateDialog
          onClose={() => setCreating(false)}
          onCreated={(made) => {
            setCreating(false);
            setEnrolment(made);
          }}
        />
      )}
      {enrolment && <CodeDialog enrolment={enrolment} onClose={() => setEnrolment(null)} />}
    </WorkPage>
  );
}
