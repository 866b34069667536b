/** What a report is asked for by: kind, form, days, language and the purpose that goes into the audit log. */
import { useMutation } from '@tanstack/react-query';
import { Button, Card, Form, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { REPORT_KINDS, REPORT_RUN_FORMS, type ReportOrder } from '@keepline/contracts/reports';
import { asKeeplineError } from '../../server/errors.ts';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { useStepUp } from '../../ui/step-up.ts';
import { orderReport } from './reports-requests.ts';

const PURPOSE_MIN = 3;
const PURPOSE_MAX = 200;

export interface OrderFormProps {
  readonly isBusy: boolean;
  readonly onOrdered: () => void;
}

export function OrderForm({ isBusy, onOrdered }: OrderFormProps): ReactNode {
  const { t, i18n } = useTranslation();
  const stepUp = useStepUp();
  const [wish, setWish] = useState({ kind: 'mlps', form: 'pdf' } as Pick<ReportOrder, 'kind' | 'form'>);
  const order = useMutation({
    mutationFn: (more: Pick<ReportOrder, 'from' | 'to' | 'purpose'>) =>
      stepUp(() => orderReport({ ...wish, ...more, language: i18n.language === 'en' ? 'en' : 'zh' })),
    onSettled: onOrdered,
  });
  const forms = REPORT_RUN_FORMS.filter((form) => wish.kind === 'mlps' || form !== 'oscal');
  return (
    <Card className="work-card">
      {order.isError && <FaultAlert fault={asKeeplineError(order.error)} testId="order-error" onRead={() => order.reset()} />}
      <Form<Pick<ReportOrder, 'from' | 'to' | 'purpose'>> layout="inline" onFinish={(more) => order.mutate(more)}>
        <Form.Item label={t('reports.kindLabel')}>
          <select
            className="work-select"
            value={wish.kind}
            data-testid="report-kind"
            onChange={({ target }) => {
              const kind = REPORT_KINDS.find((known) => known === target.value) ?? 'mlps';
              setWish({ kind, form: kind !== 'mlps' && wish.form === 'oscal' ? 'pdf' : wish.form });
            }}
          >
            {REPORT_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`reports.kind.${kind}`)}
              </option>
            ))}
          </select>
        </Form.Item>
        <Form.Item label={t('reports.form')}>
          <select
            className="work-select"
            value={wish.form}
            data-testid="report-form"
            onChange={({ target }) => setWish({ ...wish, form: forms.find((known) => known === target.value) ?? 'pdf' })}
          >
            {forms.map((form) => (
              <option key={form} value={form}>
                {form.toUpperCase()}
              </option>
            ))}
          </select>
        </Form.Item>
        <Form.Item name="from" label={t('egress.from')}>
          <Input type="date" required data-testid="report-from" />
        </Form.Item>
        <Form.Item name="to" label={t('egress.to')}>
          <Input type="date" required data-testid="report-to" />
        </Form.Item>
        <Form.Item name="purpose" label={t('reports.purpose')}>
          <Input required minLength={PURPOSE_MIN} maxLength={PURPOSE_MAX} data-testid="report-purpose" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={order.isPending || isBusy} data-testid="report-run">
          {t('reports.run')}
        </Button>
      </Form>
    </Card>
  );
}
