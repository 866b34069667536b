/** The agent's queues: who waits, for how long, and how many colleagues are ready. */
import { Card } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskQueue } from '@keepline/contracts/agent-protocol';
import { durationText } from '../../ui/duration.ts';
import { Ticking } from '../../ui/ticking.tsx';
import { type DeskState, serverNowMs } from './desk-state.ts';

export function QueuePanel({ state }: { readonly state: DeskState }): ReactNode {
  const { t } = useTranslation();
  const queues = state.view?.queues ?? [];
  return (
    <Card title={t('queue.title')} className="queue-panel">
      {queues.length === 0 ? (
        <p className="quiet">{t('queue.none')}</p>
      ) : (
        <table className="queue-table" data-testid="queue-panel">
          <thead>
            <tr>
              <th scope="col">{t('queue.name')}</th>
              <th scope="col">{t('queue.waiting')}</th>
              <th scope="col">{t('queue.longest')}</th>
              <th scope="col">{t('queue.readyAgents')}</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.queue}>
                <th scope="row" title={queue.queue}>
                  {t(`queue.label.${queue.queue}`, { defaultValue: queue.queue })}
                </th>
                <td className={queue.waiting > 0 ? 'numeric waits' : 'numeric'}>{queue.waiting}</td>
                <td className="numeric">
                  <LongestWait state={state} queue={queue} />
                </td>
                <td className="numeric">{queue.readyAgents}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

/** The wait goes on growing between two views. */
function LongestWait({ state, queue }: { readonly state: DeskState; readonly queue: DeskQueue }): ReactNode {
  const viewAtMs = state.view?.serverTimeMs ?? 0;
  if (queue.waiting === 0) return '–';
  return <Ticking>{(now) => durationText(queue.longestWaitMs + Math.max(0, serverNowMs(state, now) - viewAtMs))}</Ticking>;
}
