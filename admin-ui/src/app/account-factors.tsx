/** One's own second factors: what there is, a new one, and the end of one. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Card, Popconfirm, QRCode } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asKeeplineError } from '../server/errors.ts';
import { DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FaultAlert } from '../ui/fault-text.tsx';
import { momentText } from '../ui/moment.ts';
import { useStepUp } from '../ui/step-up.ts';
import { type OwnFactor, ownFactorsQuery, removeFactor } from './account-requests.ts';
import { CodeForm } from './factor-forms.tsx';
import { canUsePasskeys, enrolPasskey } from './passkey.ts';
import { beginTotp, confirmTotp, type Enrolled } from './session.ts';

export function AccountFactors(): ReactNode {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const stepUp = useStepUp();
  const { data, error, refetch } = useQuery(ownFactorsQuery);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const read = () => queries.invalidateQueries({ queryKey: ownFactorsQuery.queryKey });
  const enrolled = ({ recoveryCodes }: Enrolled): void => {
    begin.reset();
    setCodes(recoveryCodes);
  };
  const begin = useMutation({ mutationFn: () => stepUp(beginTotp) });
  const confirm = useMutation({ mutationFn: (code: string) => stepUp(() => confirmTotp(code)), onSuccess: enrolled, onSettled: read });
  const passkey = useMutation({ mutationFn: () => stepUp(enrolPasskey), onSuccess: enrolled, onSettled: read });
  const remove = useMutation({ mutationFn: (id: string) => stepUp(() => removeFactor(id)), onSettled: read });
  const fault = begin.error ?? passkey.error ?? remove.error;
  const forget = (): void => {
    for (const one of [begin, passkey, remove]) one.reset();
  };
  return (
    <Card className="work-card" title={t('account.factors')}>
      {error && <FaultAlert fault={asKeeplineError(error)} onRetry={() => void refetch()} testId="own-factors-error" />}
      {fault && <FaultAlert fault={asKeeplineError(fault)} testId="own-factor-error" onRead={forget} />}
      <DataTable<OwnFactor>
        data-testid="own-factors"
        rowKey={({ id }) => id}
        rows={data?.factors ?? []}
        emptyText={t('account.noFactors')}
        columns={[
          { title: t('account.kind'), width: 180, render: ({ kind }) => t(`account.kinds.${kind}`, { defaultValue: kind }) },
          { title: t('account.enrolled'), width: 180, render: ({ createdAtMs }) => momentText(createdAtMs, i18n.language) },
          {
            title: t('account.used'),
            render: ({ usedAtMs, driftSeconds }) => (
              <span className="work-line">
                {usedAtMs === 0 ? t('account.never') : momentText(usedAtMs, i18n.language)}
                {driftSeconds !== 0 && <span className="work-quiet">{t('account.drift', { seconds: driftSeconds })}</span>}
              </span>
            ),
          },
          {
            width: 100,
            render: ({ id }) => (
              <Popconfirm
                title={t('account.removeConfirm')}
                okText={t('users.yes')}
                okButtonProps={{ 'data-testid': 'confirm-yes' }}
                onConfirm={() => remove.mutate(id)}
              >
                <Button size="small" disabled={remove.isPending} data-testid="own-remove">
                  {t('account.remove')}
                </Button>
              </Popconfirm>
            ),
          },
        ]}
      />
      <p className="work-quiet">{t('account.codesLeft', { count: data?.recoveryCodesLeft ?? 0 })}</p>
      <span className="work-line">
        <Button loading={begin.isPending} onClick={() => begin.mutate()} data-testid="own-totp">
          {t('account.addTotp')}
        </Button>
        {canUsePasskeys() && (
          <Button loading={passkey.isPending} onClick={() => passkey.mutate()} data-testid="own-passkey">
            {t('account.addPasskey')}
          </Button>
        )}
      </span>
      {begin.data && (
        <Dialog title={t('account.addTotp')} onCancel={() => begin.reset()} closeLabel={t('users.cancel')} data-testid="own-enrol">
          <p>{t('factor.scan')}</p>
          <QRCode className="enrol-qr" type="svg" size={168} value={begin.data.uri} />
          <p className="enrol-secret">
            {t('factor.secret')} <code data-testid="enrol-secret">{begin.data.secret}</code>
          </p>
          {confirm.isError && <FaultAlert fault={asKeeplineError(confirm.error)} testId="own-enrol-error" />}
          <CodeForm label={t('factor.enrolCode')} isPending={confirm.isPending} onCode={(code) => confirm.mutate(code)} />
        </Dialog>
      )}
      {codes.length > 0 && (
        <Dialog
          title={t('account.codes')}
          footer={
            <Button type="primary" onClick={() => setCodes([])} data-testid="codes-kept">
              {t('factor.kept')}
            </Button>
          }
        >
          <Alert type="warning" showIcon className="work-alert" title={t('factor.recovery')} />
          <pre data-testid="own-codes">{codes.join('\n')}</pre>
        </Dialog>
      )}
    </Card>
  );
}
