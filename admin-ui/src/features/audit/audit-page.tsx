/** The audit log for those who watch it: how far it is signed and cosigned, its entries by act and account, one entry with its proof. */
import { useQuery } from '@tanstack/react-query';
import { Button, Card, Form, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AUDIT_ACTS } from '@keepline/contracts/audit-acts';
import { SEARCHED_MAX } from '@keepline/contracts/audit-view';
import { asKeeplineError } from '../../server/errors.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { FaultAlert } from '../../ui/fault-text.tsx';
import { momentText, numberText } from '../../ui/moment.ts';
import { WorkPage } from '../../ui/work-page.tsx';
import { entriesQuery, type Entry, LISTED, type Search, stateQuery } from './audit-requests.ts';
import { EntryDialog } from './entry-dialog.tsx';
import { LogState } from './log-state.tsx';

const NEWEST: Search = { act: '', who: '', before: undefined };

export function AuditPage(): ReactNode {
  const { t, i18n } = useTranslation();
  const state = useQuery(stateQuery);
  const [search, setSearch] = useState(NEWEST);
  const { data, isPending, isFetching, error, refetch } = useQuery(entriesQuery(search));
  const [opened, setOpened] = useState<Entry | null>(null);
  const oldest = data?.at(-1)?.number ?? 0;
  return (
    <WorkPage
      title={t('audit.title')}
      text={t('audit.text')}
      testId="audit-page"
      isLoading={isPending}
      fault={error && asKeeplineError(error)}
      onRetry={() => void refetch()}
      extra={
        <Button
          loading={state.isFetching}
          onClick={() => {
            void state.refetch();
            void refetch();
          }}
          data-testid="audit-reload"
        >
          {t('page.reload')}
        </Button>
      }
    >
      {state.error && <FaultAlert fault={asKeeplineError(state.error)} testId="state-error" />}
      {state.data && <LogState state={state.data} />}
      <SearchForm isBusy={isFetching} onSearch={setSearch} />
      {data ? (
        <Card className="work-card">
          <DataTable<Entry>
            data-testid="audit-entries"
            rowKey={({ number }) => String(number)}
            rows={data}
            emptyText={t('audit.none')}
            columns={[
              { title: t('audit.number'), width: 90, align: 'right', render: ({ number }) => numberText(number) },
              { title: t('audit.time'), width: 160, render: ({ time }) => momentText(Date.parse(time), i18n.language) },
              { title: t('audit.act'), width: 170, render: ({ act }) => act },
              { title: t('audit.who'), width: 140, render: ({ who }) => who },
              { title: t('audit.object'), render: ({ object }) => object },
              { title: t('audit.outcome'), width: 90, render: ({ outcome }) => t(`audit.outcomes.${outcome}`, { defaultValue: outcome }) },
              {
                width: 90,
                render: (entry) => (
                  <Button size="small" onClick={() => setOpened(entry)} data-testid={`entry-${entry.number}`}>
                    {t('audit.open')}
                  </Button>
                ),
              },
            ]}
          />
          <p>
            <Button disabled={search.before === undefined} onClick={() => setSearch({ ...search, before: undefined })}>
              {t('audit.newest')}
            </Button>{' '}
            <Button
              disabled={data.length < LISTED || oldest === 0}
              onClick={() => setSearch({ ...search, before: oldest })}
              data-testid="audit-older"
            >
              {t('audit.older')}
            </Button>{' '}
            <span className="work-quiet">{t('audit.searched', { count: SEARCHED_MAX })}</span>
          </p>
        </Card>
      ) : null}
      {opened && <EntryDialog entry={opened} isSigned={opened.number < (state.data?.signed ?? 0)} onClose={() => setOpened(null)} />}
    </WorkPage>
  );
}

interface SearchFormProps {
  readonly isBusy: boolean;
  readonly onSearch: (search: Search) => void;
}

function SearchForm({ isBusy, onSearch }: SearchFormProps): ReactNode {
  const { t } = useTranslation();
  const [act, setAct] = useState('');
  return (
    <Card className="work-card">
      <Form<Pick<Search, 'who'>>
        layout="inline"
        initialValues={{ who: '' }}
        onFinish={({ who }) => onSearch({ act, who: who.trim(), before: undefined })}
      >
        <Form.Item label={t('audit.act')}>
          <select className="work-select" value={act} onChange={({ target }) => setAct(target.value)} data-testid="audit-act">
            <option value="" />
            {AUDIT_ACTS.toSorted().map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </Form.Item>
        <Form.Item name="who" label={t('audit.who')}>
          <Input maxLength={96} autoComplete="off" spellCheck={false} data-testid="audit-who" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={isBusy} data-testid="audit-show">
          {t('audit.show')}
        </Button>
      </Form>
    </Card>
  );
}
