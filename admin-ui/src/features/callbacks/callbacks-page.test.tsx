/** The page of call-backs as text in both languages: what is owed to whom and when, and that ending one needs a reason. */
import type { CallbackView } from '@keepline/contracts/callbacks';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { I18nextProvider } from 'react-i18next';
import { describe, expect, it } from 'vitest';
import { makeTexts } from '../../app/language.ts';
import { momentText } from '../../ui/moment.ts';
import { CallbacksPage } from './callbacks-page.tsx';
import { callbacksQuery } from './callbacks-requests.ts';
import { CancelDialog } from './cancel-dialog.tsx';

const AT_MS = Date.UTC(2026, 2, 4, 5, 6);
const WAITED: CallbackView = {
  ...{ id: 'cb-1', kind: 'waiting', queue: 'service', skill: 'cards', agentId: '', number: '138******78', note: '' },
  ...{ madeAtMs: AT_MS, dueAtMs: AT_MS, tries: 0, isCalling: false },
};
const AGREED: CallbackView = {
  ...{ id: 'cb-2', kind: 'scheduled', queue: 'loans', skill: '', agentId: 'agent7', number: '139******11', note: '下午再打' },
  ...{ madeAtMs: AT_MS, dueAtMs: AT_MS + 86_400_000, tries: 2, isCalling: true },
};

describe.each(['zh', 'en'] as const)('in %s', (language) => {
  const texts = makeTexts(language);
  const words = texts.t;
  const htmlOf = (page: ReactNode, rows: readonly CallbackView[] = []): string => {
    const queries = new QueryClient();
    queries.setQueryData(callbacksQuery.queryKey, [...rows]);
    return renderToString(
      <QueryClientProvider client={queries}>
        <I18nextProvider i18n={texts}>{page}</I18nextProvider>
      </QueryClientProvider>,
    );
  };
  const textOf = (html: string): string => html.replaceAll(/<style.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' ');

  it('each call-back shows number, place, kind, note and tries, and can be ended', () => {
    const html = htmlOf(<CallbacksPage />, [WAITED, AGREED]);
    const text = textOf(html);
    for (const part of ['138******78', 'service cards', words('callbacks.kind.waiting'), momentText(AT_MS, texts.language)])
      expect(text).toContain(part);
    for (const part of ['139******11', 'loans', `${words('callbacks.kind.scheduled')} agent7`, '下午再打', `2 (${words('callbacks.now')})`])
      expect(text).toContain(part);
    expect(text).toContain(momentText(AGREED.dueAtMs, texts.language));
    expect([...html.matchAll(/data-testid="cancel-(cb-\d)"/g)].map(([, id]) => id)).toEqual(['cb-1', 'cb-2']);
    expect(text).not.toMatch(/callbacks\.|\{\{/);
  });

  it('says so when nothing is owed', () => {
    expect(textOf(htmlOf(<CallbacksPage />))).toContain(words('callbacks.none'));
    expect(textOf(htmlOf(<CallbacksPage />, [WAITED]))).not.toContain(words('callbacks.none'));
  });

  it('the end of one names its masked number and waits for a reason', () => {
    const html = htmlOf(<CancelDialog callback={WAITED} onClose={() => {}} />);
    expect(textOf(html)).toContain(words('callbacks.cancelTitle', { number: '138******78' }));
    expect(textOf(html)).toContain(words('callbacks.cancelText'));
    expect(/<button[^>]*data-testid="cancel-yes"[^>]*>/.exec(html)?.[0]).toMatch(/\bdisabled\b/);
    expect(html).toMatch(/<input[^>]*maxLength="200"/i);
  });
});
