/** The frame of a page of the workbench: its title, what it is about, and the states every page has: loading, could not be read, there. */
import { Spin } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { KeeplineError } from '@keepline/contracts/errors';
import { FaultAlert } from './fault-text.tsx';
import './work-page.css';

export interface WorkPageProps {
  readonly title: string;
  readonly text?: string;
  /** Buttons that concern the whole page. */
  readonly extra?: ReactNode;
  readonly testId: string;
  /** Nothing to show yet. */
  readonly isLoading: boolean;
  readonly fault: KeeplineError | null;
  readonly onRetry: () => void;
  /** Null while there is nothing to show. */
  readonly children: ReactNode;
}

export function WorkPage({ title, text, extra, testId, isLoading, fault, onRetry, children }: WorkPageProps): ReactNode {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${title} · ${t('brand')}`;
  }, [t, title]);
  return (
    <main className="work-page" data-testid={testId} data-state={isLoading ? 'loading' : fault ? 'error' : 'ready'}>
      <div className="work-head">
        <h1>{title}</h1>
        {extra}
      </div>
      {text !== undefined && <p className="work-text">{text}</p>}
      {fault && <FaultAlert fault={fault} isStale={children !== null} onRetry={onRetry} />}
      {isLoading ? <Spin className="page-wait" size="large" description={t('loading')} /> : children}
    </main>
  );
}
