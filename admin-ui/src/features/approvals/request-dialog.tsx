/** Asks a second person for an act that needs no parameters beside its object. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Form, Input, InputNumber, Radio } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { APPROVAL_ACT_FACTS, REQUESTABLE_ACTS } from '@keepline/contracts/approvals';
import type { Permission } from '@keepline/contracts/roles';
import { asKeeplineError } from '../../server/errors.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { approvalsQuery, request, type Wish } from './approvals-requests.ts';

/** Hours a request lives unless somebody says otherwise, and at most. */
const HOURS = 24;
const HOURS_MAX = 72;

export function RequestDialog({ rights, onClose }: { readonly rights: ReadonlySet<Permission>; readonly onClose: () => void }): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const ask = useMutation({
    mutationFn: request,
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: approvalsQuery.queryKey }),
  });
  const language = i18n.language === 'en' ? 'en' : 'zh';
  const acts = REQUESTABLE_ACTS.filter((act) => rights.has(APPROVAL_ACT_FACTS[act].askedWith));
  const required = { required: true, message: t('users.required') };
  return (
    <Dialog title={t('approvals.requestTitle')} onCancel={onClose} closeLabel={t('approvals.close')} data-testid="request">
      <p className="work-quiet">{t('approvals.requestText')}</p>
      {ask.isError && <FaultAlert fault={asKeeplineError(ask.error)} testId="request-error" />}
      <Form<Wish>
        layout="vertical"
        requiredMark={false}
        disabled={ask.isPending}
        initialValues={{ act: acts[0], hours: HOURS }}
        onFinish={(wish) => ask.mutate(wish)}
      >
        <Form.Item name="act" label={t('approvals.act')} rules={[required]}>
          <Radio.Group
            vertical
            options={acts.map((act) => ({
              value: act,
              label: <span data-testid={`act-${act}`}>{APPROVAL_ACT_FACTS[act][language]}</span>,
            }))}
          />
        </Form.Item>
        <Form.Item name="object" label={t('approvals.object')} rules={[required]} extra={t('approvals.objectRule')}>
          <Input maxLength={128} autoComplete="off" spellCheck={false} data-testid="request-object" />
        </Form.Item>
        <Form.Item name="purpose" label={t('approvals.purpose')} rules={[{ ...required, min: 3 }]}>
          <Input maxLength={200} autoComplete="off" data-testid="request-purpose" />
        </Form.Item>
        <Form.Item name="hours" label={t('approvals.hours')} rules={[required]}>
          <InputNumber min={1} max={HOURS_MAX} precision={0} data-testid="request-hours" />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={ask.isPending} data-testid="request-submit">
          {t('approvals.send')}
        </Button>
      </Form>
    </Dialog>
  );
}
