/** How far the log is durable, signed and cosigned. The gateway has checked every signature; who does not trust it takes the checkpoint away. */
import { Button, Card, Statistic } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditState } from '@keepline/contracts/audit-view';
import { DataTable } from '../../ui/data-table.tsx';
import { momentText, numberText } from '../../ui/moment.ts';
import { saveAs } from '../../ui/save-as.ts';

export function LogState({ state }: { readonly state: AuditState }): ReactNode {
  const { t, i18n } = useTranslation();
  const { origin, entries, pruned, signed, root, note, witnesses, quorum } = state;
  const save = (): void => saveAs(`audit-${signed}.checkpoint`, new TextEncoder().encode(note).buffer, 'text/plain');
  const cosigned = witnesses.filter(({ size }) => size > 0).length;
  return (
    <Card className="work-card" title={t('audit.state')} data-testid="audit-state" data-signed={signed}>
      <div className="work-figures">
        <Statistic title={t('audit.entries')} value={entries} />
        <Statistic title={t('audit.signed')} value={signed} />
        <Statistic title={t('audit.pruned')} value={pruned} />
      </div>
      {note === '' ? (
        <p className="work-quiet">{t('audit.unsigned')}</p>
      ) : (
        <p className="work-quiet">
          {t('audit.origin')} {origin} · {t('audit.root')} <code>{root}</code>{' '}
          <Button size="small" onClick={save} data-testid="audit-checkpoint">
            {t('audit.checkpoint')}
          </Button>
        </p>
      )}
      {witnesses.length === 0 ? (
        <p className="work-quiet">{t('audit.noWitness')}</p>
      ) : (
        <>
          <p>{t('audit.quorum', { signed: cosigned, count: witnesses.length, quorum })}</p>
          <DataTable<AuditState['witnesses'][number]>
            data-testid="audit-witnesses"
            rowKey={({ name }) => name}
            rows={witnesses}
            emptyText={t('audit.noWitness')}
            columns={[
              { title: t('audit.witness'), render: ({ name }) => name },
              { title: t('audit.cosigned'), align: 'right', render: ({ size }) => numberText(size) },
              {
                title: t('audit.signedAt'),
                width: 200,
                render: ({ signedAt }) => (signedAt === 0 ? t('audit.never') : momentText(signedAt * 1000, i18n.language)),
              },
            ]}
          />
        </>
      )}
    </Card>
  );
}
