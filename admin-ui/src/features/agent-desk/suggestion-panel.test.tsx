/** The panel of suggestions as text, in both languages: what it is, where it comes from, what was taken out, and why there is nothing. */
import { DESK_SERVICES, type DeskSuggestion, SUGGESTION_OUTCOMES } from '@keepline/contracts/desk-suggestion';
import { QA_CHECKS } from '@keepline/contracts/qa';
import type { ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { I18nextProvider } from 'react-i18next';
import { describe, expect, it } from 'vitest';
import { ringingCall } from '../../../test/views.ts';
import { makeTexts } from '../../app/language.ts';
import { SuggestionForm, SuggestionPanel } from './suggestion-panel.tsx';

const nothing = (): void => {};
const answered: DeskSuggestion = {
  ...{ outcome: 'answered', removed: ['MOBILE'], disposition: 'resolved', model: 'built-in' },
  items: [{ title: '挂失', text: '请先核身。', reason: { zh: '说到挂失', en: 'speaks of loss' }, verdict: '' }],
};
function textOf(language: 'zh' | 'en', node: ReactNode): string {
  const html = renderToString(<I18nextProvider i18n={makeTexts(language)}>{node}</I18nextProvider>);
  return html.replaceAll(/<style.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' ');
}
const form = (suggestion: DeskSuggestion | null): ReactNode => (
  <SuggestionForm services={DESK_SERVICES} text="x" asking={null} suggestion={suggestion} onText={nothing} onAsk={nothing} />
);

describe.each(['zh', 'en'] as const)('suggestions in %s', (language) => {
  const words = makeTexts(language).t;

  it('are labelled as what they are, with their reason and what was taken out', () => {
    const text = textOf(language, form(answered));
    for (const wanted of [words('suggest.label'), '挂失', '请先核身。', answered.items[0]?.reason?.[language] ?? '', 'MOBILE'])
      expect(text).toContain(wanted);
    expect(text).toContain(words('disposition.resolved'));
  });

  it.each(SUGGESTION_OUTCOMES)('have words for the outcome %s', (outcome) => {
    const text = textOf(language, form({ ...answered, outcome, items: [], removed: [], disposition: '' }));
    expect(text).not.toMatch(/suggest\.[a-z]|\{\{/);
  });

  it('have words for every check and verdict', () => {
    const items = QA_CHECKS.flatMap((title) =>
      ['passed', 'failed', 'not_applicable'].map((verdict) => ({ title, text: '', reason: null, verdict })),
    );
    const text = textOf(language, form({ ...answered, items }));
    for (const check of QA_CHECKS) expect(text).not.toContain(check);
    expect(text).not.toContain('not_applicable');
  });

  it('are not there while the link is down, before the site has said that it offers any, or while it rings', () => {
    expect(textOf(language, <SuggestionPanel call={{ ...ringingCall(), state: 'connected' }} link="down" />)).toBe('');
    expect(textOf(language, <SuggestionPanel call={{ ...ringingCall(), state: 'connected' }} link="up" />)).toBe('');
  });
});
