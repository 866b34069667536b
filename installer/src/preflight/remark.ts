/** What preflight says of one thing a machine must offer, in the two languages of an operator. */

export interface InBoth {
  readonly zh: string;
  readonly en: string;
}

export interface Remark {
  readonly check: InBoth;
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly found: InBoth;
  /** The next action; empty when all is well. */
  readonly next: InBoth;
}

export const NOTHING: InBoth = { zh: '', en: '' };
/** A name or a figure, the same in both. */
export const same = (text: string): InBoth => ({ zh: text, en: text });

export const good = (check: InBoth, found: InBoth): Remark => ({ check, verdict: 'ok', found, next: NOTHING });
export const remark = (verdict: 'warn' | 'fail', check: InBoth, found: InBoth, next: InBoth): Remark => ({ check, verdict, found, next });
