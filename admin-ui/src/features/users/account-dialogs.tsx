/** Dialogs of the accounts: making one, giving it roles, and the code its owner begins with, shown once. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ROLE_FACTS, ROLES } from '@keepline/contracts/roles';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { useStepUp } from '../../ui/step-up.ts';
import { type Account, accountsQuery, createAccount, type Enrolment, setRoles } from './users-requests.ts';

interface Fields {
  readonly id: string;
  readonly name: string;
}

export function CreateDialog({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void;
  readonly onCreated: (made: Enrolment) => void;
}): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const create = useMutation({
    mutationFn: ({ id, name }: Fields) => stepUp(() => createAccount(id, name)),
    onSuccess: onCreated,
    onSettled: () => queries.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  });
  const required = { required: true, message: t('users.required') };
  return (
    <Dialog title={t('users.createTitle')} onCancel={onClose} closeLabel={t('users.cancel')}>
      {create.isError && <FaultAlert fault={asKeeplineError(create.error)} testId="create-error" />}
      <Form<Fields> layout="vertical" requiredMark={false} disabled={create.isPending} onFinish={(fields) => create.mutate(fields)}>
        <Form.Item name="id" label={t('users.id')} rules={[required]} extra={t('users.idRule')}>
          <Input maxLength={48} autoComplete="off" spellCheck={false} data-testid="create-id" autoFocus />
        </Form.Item>
        <Form.Item name="name" label={t('users.name')} rules={[required]}>
          <Input maxLength={64} autoComplete="off" data-testid="create-name" />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={create.isPending} data-testid="create-submit">
          {t('users.save')}
        </Button>
      </Form>
    </Dialog>
  );
}

export function RolesDialog({ account: { id, roles }, onClose }: { readonly account: Account; readonly onClose: () => void }): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const save = useMutation({
    mutationFn: (chosen: readonly string[]) => stepUp(() => setRoles(id, chosen)),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  });
  const language = i18n.language === 'en' ? 'en' : 'zh';
  return (
    <Dialog title={t('users.rolesTitle', { id })} onCancel={onClose} closeLabel={t('users.cancel')}>
      <p className="work-quiet">{t('users.rolesText')}</p>
      {save.isError && <FaultAlert fault={asKeeplineError(save.error)} testId="roles-error" />}
      <Form<{ roles: string[] }>
        layout="vertical"
        disabled={save.isPending}
        initialValues={{ roles: roles.filter((role) => role !== 'agent') }}
        onFinish={({ roles: chosen }) => save.mutate(chosen)}
      >
        <Form.Item name="roles">
          <Checkbox.Group
            className="work-line"
            options={ROLES.filter((role) => role !== 'agent').map((role) => ({
              value: role,
              label: <span data-testid={`role-${role}`}>{ROLE_FACTS[role][language]}</span>,
            }))}
          />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={save.isPending} data-testid="roles-save">
          {t('users.save')}
        </Button>
      </Form>
    </Dialog>
  );
}

export function CodeDialog({
  enrolment: { user, code },
  onClose,
}: {
  readonly enrolment: Enrolment;
  readonly onClose: () => void;
}): ReactNode {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t('users.codeTitle', { user })}
      footer={
        <Button type="primary" onClick={onClose} data-testid="code-done">
          {t('users.codeDone')}
        </Button>
      }
    >
      <Alert type="warning" showIcon className="work-alert" title={t('users.codeText')} />
      <pre data-testid="enrolment-code">{code}</pre>
    </Dialog>
  );
}
