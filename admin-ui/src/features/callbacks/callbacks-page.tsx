/** Calls that are owed to customers, in the order of their places, and the end of one by a supervisor, with a reason. */
import { useQuery } from '@tanstack/react-query';
import { Button, Card } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallbackView } from '@keepline/contracts/callbacks';
import { asKeeplineError } from '../../server/errors.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText, numberText } from '../../ui/moment.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { callbacksQuery } from './callbacks-requests.ts';
import { CancelDialog } from './cancel-dialog.tsx';

export function CallbacksPage(): ReactNode {
  const { t, i18n } = useTranslation();
  const { data, isPending, error, refetch } = useQuery(callbacksQuery);
  const [ending, setEnding] = useState<CallbackView | null>(null);
  const moment = (ms: number): string => momentText(ms, i18n.language);
  return (
    <WorkPage
      title={t('callbacks.title')}
      text={t('callbacks.text')}
      testId="callbacks-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
    >
      {data ? (
        <Card className="work-card" extra={<Button onClick={() => void refetch()}>{t('page.reload')}</Button>}>
          <DataTable<CallbackView>
            data-testid="callbacks"
            rowKey={({ id }) => id}
            rows={data}
            pageSize={20}
            emptyText={t('callbacks.none')}
            columns={[
              { title: t('callbacks.due'), width: 130, render: ({ dueAtMs }) => moment(dueAtMs) },
              { title: t('callbacks.number'), width: 110, render: ({ number }) => number },
              { title: t('callbacks.queue'), width: 100, render: ({ queue, skill }) => (skill === '' ? queue : `${queue} ${skill}`) },
              {
                title: t('callbacks.kindLabel'),
                width: 110,
                render: ({ kind, agentId }) => `${t(`callbacks.kind.${kind}`)}${agentId === '' ? '' : ` ${agentId}`}`,
              },
              { title: t('callbacks.note'), render: ({ note }) => note },
              { title: t('callbacks.made'), width: 130, render: ({ madeAtMs }) => moment(madeAtMs) },
              {
                title: t('callbacks.tries'),
                width: 70,
                align: 'right',
                render: ({ tries, isCalling }) => (isCalling ? `${numberText(tries)} (${t('callbacks.now')})` : numberText(tries)),
              },
              {
                title: '',
                width: 90,
                render: (one) => (
                  <Button size="small" onClick={() => setEnding(one)} data-testid={`cancel-${one.id}`}>
                    {t('callbacks.cancel')}
                  </Button>
                ),
              },
            ]}
          />
        </Card>
      ) : null}
      {ending && <CancelDialog callback={ending} onClose={() => setEnding(null)} />}
    </WorkPage>
  );
}
