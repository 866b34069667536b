/**
 * How many tokens a provider may spend, per minute and per day. Pure: the time comes in. A request reserves what it may cost at most and gives back what
 * it did not use, so that several in progress cannot overdraw together.
 */
export interface BudgetRules {
  readonly perMinute: number;
  readonly perDay: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Reservation {
  readonly tokens: number;
  readonly minute: number;
  readonly day: number;
}

export class TokenBudget {
  readonly #rules: BudgetRules;
  #minute = { at: -1, spent: 0 };
  #day = { at: -1, spent: 0 };

  constructor(rules: BudgetRules) {
    this.#rules = rules;
  }

  /** @param nowMs wall time: budgets follow the calendar of the bill (UTC). undefined when it would be overdrawn */
  reserve(tokens: number, nowMs: number): Reservation | undefined {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const day = Math.floor(nowMs / DAY_MS);
    if (this.#minute.at !== minute) this.#minute = { at: minute, spent: 0 };
    if (this.#day.at !== day) this.#day = { at: day, spent: 0 };
    if (this.#minute.spent + tokens > this.#rules.perMinute || this.#day.spent + tokens > this.#rules.perDay) return undefined;
    this.#minute.spent += tokens;
    this.#day.spent += tokens;
    return { tokens, minute, day };
  }

  /** @param used what the endpoint says it cost; may be more than reserved */
  settle({ tokens, minute, day }: Reservation, used: number): void {
    if (this.#minute.at === minute) this.#minute.spent = Math.max(0, this.#minute.spent + used - tokens);
    if (this.#day.at === day) this.#day.spent = Math.max(0, this.#day.spent + used - tokens);
  }

  /** Tokens spent or reserved in the minute and the day last seen. */
  spent(): { readonly minute: number; readonly day: number } {
    return { minute: this.#minute.spent, day: this.#day.spent };
  }
}

/** What a text costs at most: a Chinese character is seldom more than two tokens, four Latin letters about one; rounded up. Pure. */
export function tokensOf(text: string): number {
  let tokens = 0;
  for (const letter of text) tokens += letter.charCodeAt(0) < 0x80 ? 0.5 : 2;
  return Math.ceil(tokens);
}
