/** Asking a caller to key a secret, as the agent sees it in both languages: what may be asked, how far it is, and how it ended; never a digit. */
import type { DeskCall, DeskView } from '@keepline/contracts/agent-protocol';
import { renderToString } from 'react-dom/server';
import { I18nextProvider } from 'react-i18next';
import { describe, expect, it } from 'vitest';
import { firstView, ringingCall } from '../../../test/views.ts';
import { makeTexts } from '../../app/language.ts';
import type { DeskActs } from './desk-acts.ts';
import { DeskScreen } from './desk-screen.tsx';
import { firstState, step } from './desk-state.ts';

const nothing = (): void => {};
const acts: DeskActs = { ask: nothing, draft: nothing, troubleRead: nothing, repairSound: nothing, reconnectNow: nothing };
const CARD = { hook: 'card-check', zh: '银行卡号', en: 'card number' };
const NAMELESS = { hook: 'pin-check', zh: '', en: '' };

describe.each(['zh', 'en'] as const)('in %s', (language) => {
  const texts = makeTexts(language);
  const words = texts.t;
  const what = language === 'zh' ? CARD.zh : CARD.en;
  const htmlOf = (call: Partial<DeskCall>, secrets: DeskView['secrets'] = [CARD, NAMELESS]): string => {
    const view = { ...firstView(), secrets, call: { ...ringingCall(), state: 'connected' as const, ...call } };
    const state = step(step(firstState, { is: 'opened' }), { is: 'view', view, monotonicMs: performance.now() });
    return renderToString(
      <I18nextProvider i18n={texts}>
        <DeskScreen state={state} acts={acts} />
      </I18nextProvider>,
    );
  };
  const textOf = (html: string): string => html.replaceAll(/<style.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' ');
  const buttonOf = (html: string, testId: string): string | undefined =>
    new RegExp(`<button[^>]*data-testid="${testId}"[^>]*>`).exec(html)?.[0];

  it('offers each that the site takes by its name, or by that of its hook, and nothing where it takes none', () => {
    const html = htmlOf({});
    for (const name of [what, NAMELESS.hook]) expect(textOf(html)).toContain(words('talk.secretCollect', { what: name }));
    for (const { hook } of [CARD, NAMELESS]) expect(buttonOf(html, `secret-${hook}`)).not.toMatch(/\bdisabled\b/);
    expect(htmlOf({}, [])).not.toContain('data-testid="secret');
  });

  it('offers it only while caller and agent talk', () => {
    expect(buttonOf(htmlOf({ state: 'held' }), `secret-${CARD.hook}`)).toMatch(/\bdisabled\b/);
  });

  it('says how many digits there are, not which, lets nothing but the end of it be asked, and says when it is checked', () => {
    const html = htmlOf({ collecting: { hook: CARD.hook, digits: 7, isChecking: false } });
    expect(textOf(html)).toContain(words('talk.secretKeying', { what, digits: 7 }));
    expect(buttonOf(html, 'secret.abort')).not.toMatch(/\bdisabled\b/);
    expect(buttonOf(html, `secret-${CARD.hook}`)).toBeUndefined();
    const checking = /<output[^>]*data-testid="secret-progress"[^>]*>(.*?)<\/output>/s.exec(
      htmlOf({ collecting: { hook: CARD.hook, digits: 16, isChecking: true } }),
    )?.[1];
    expect(checking).toBe(words('talk.secretChecking', { what }));
  });

  it.each(['accepted', 'refused', 'unavailable', 'incomplete', 'aborted', 'ended'] as const)(
    'says how the last one ended: %s',
    (lastSecret) => {
      const outcome = words(`talk.secretOutcome.${lastSecret}`);
      expect(outcome).not.toContain('talk.');
      expect(textOf(htmlOf({ lastSecret }))).toContain(outcome);
      expect(textOf(htmlOf({ lastSecret, collecting: { hook: CARD.hook, digits: 0, isChecking: false } }))).not.toContain(outcome);
    },
  );
});
