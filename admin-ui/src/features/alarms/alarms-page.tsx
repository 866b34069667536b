/** Alarms: what stands, what was, and the end of one by whoever may, with a reason. New ones show at once, by the socket. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Card, Tag } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlarmView } from '@keepline/contracts/alarms';
import type { Permission } from '@keepline/contracts/roles';
import { followAlarms } from '../../server/alarm-feed.ts';
import { asKeeplineError } from '../../server/errors.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText, numberText } from '../../ui/moment.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { alarmsQuery } from './alarms-requests.ts';
import { ClearDialog } from './clear-dialog.tsx';

const COLOUR = { warning: 'default', major: 'warning', critical: 'error' } as const;

export function AlarmsPage({ rights }: { readonly rights: ReadonlySet<Permission> }): ReactNode {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, isPending, error, refetch } = useQuery(alarmsQuery);
  const [ending, setEnding] = useState<AlarmView | null>(null);
  useEffect(() => followAlarms(() => void queries.invalidateQueries({ queryKey: alarmsQuery.queryKey })), [queries]);
  const rows = data ?? [];
  return (
    <WorkPage
      title={t('alarms.title')}
      text={t('alarms.text')}
      testId="alarms-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
    >
      {data ? (
        <>
          <Alarms
            title={t('alarms.standing')}
            rows={rows.filter(({ clearedAtMs }) => clearedAtMs === null)}
            emptyText={t('alarms.noneStands')}
            testId="standing-alarms"
            {...(rights.has('alarms.clear') ? { onEnd: setEnding } : {})}
          />
          <Alarms
            title={t('alarms.over')}
            rows={rows.filter(({ clearedAtMs }) => clearedAtMs !== null)}
            emptyText={t('alarms.none')}
            testId="past-alarms"
          />
        </>
      ) : null}
      {ending && <ClearDialog alarm={ending} onClose={() => setEnding(null)} />}
    </WorkPage>
  );
}

interface AlarmsProps {
  readonly title: string;
  readonly rows: readonly AlarmView[];
  readonly emptyText: string;
  readonly testId: string;
  /** Absent where nobody ends any. */
  readonly onEnd?: (alarm: AlarmView) => void;
}

function Alarms({ title, rows, emptyText, testId, onEnd }: AlarmsProps): ReactNode {
  const { t, i18n } = useTranslation();
  const moment = (ms: number): string => momentText(ms, i18n.language);
  return (
    <Card className="work-card" title={title}>
      <DataTable<AlarmView>
        data-testid={testId}
        rowKey={({ number }) => String(number)}
        rows={rows}
        pageSize={12}
        emptyText={emptyText}
        columns={[
          { title: '#', width: 80, align: 'right', render: ({ number }) => number },
          {
            title: t('alarms.severityLabel'),
            width: 110,
            render: ({ severity }) => <Tag color={COLOUR[severity]}>{t(`alarms.severity.${severity}`)}</Tag>,
          },
          { title: t('alarms.code'), width: 260, render: ({ code, object }) => (object === '' ? code : `${code} ${object}`) },
          {
            title: t('alarms.what'),
            render: ({ message, hint }) => (
              <>
                {message}
                <div className="work-quiet">{hint}</div>
              </>
            ),
          },
          { title: t('alarms.raised'), width: 190, render: ({ raisedAtMs }) => moment(raisedAtMs) },
          { title: t('alarms.times'), width: 90, align: 'right', render: ({ times }) => numberText(times) },
          {
            title: t('alarms.ended'),
            width: 190,
            render: (alarm) =>
              alarm.clearedAtMs !== null
                ? moment(alarm.clearedAtMs)
                : onEnd && (
                    <Button size="small" onClick={() => onEnd(alarm)} data-testid={`clear-${alarm.number}`}>
                      {t('alarms.clear')}
                    </Button>
                  ),
          },
        ]}
      />
    </Card>
  );
}
