/**
 * Multinomial naive Bayes with Laplace smoothing (add-one), pure: the same examples in any order give the same model and the same answers. Tokens are
 * plain texts such as `choice=cards`; those never seen in training say nothing.
 */
export interface Example {
  readonly label: string;
  readonly tokens: readonly string[];
}

/** As it is stored: counts only, so that a person can read what was learned. */
export interface BayesModel {
  readonly examples: number;
  /** Label → how many examples had it. */
  readonly labels: Readonly<Record<string, number>>;
  /** Token → label → how often they came together. */
  readonly tokens: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Labels and tokens of one model; the rarest beyond that are left out. */
export const LABELS_MAX = 64;
export const TOKENS_MAX = 4096;

export function learn(examples: readonly Example[]): BayesModel {
  const labels = most(tallyOf(examples.map(({ label }) => label)), LABELS_MAX);
  const kept = examples.filter(({ label }) => labels.has(label));
  const known = most(tallyOf(kept.flatMap(({ tokens }) => tokens)), TOKENS_MAX);
  const tokens = new Map([...known.keys()].map((token) => [token, new Map<string, number>()]));
  for (const { label, tokens: given } of kept) {
    for (const token of given) {
      const counts = tokens.get(token);
      counts?.set(label, (counts.get(label) ?? 0) + 1);
    }
  }
  return {
    examples: kept.length,
    labels: recordOf(labels),
    tokens: Object.fromEntries([...tokens].toSorted(byName).map(([token, counts]) => [token, recordOf(counts)])),
  };
}

export interface Guess {
  readonly label: string;
  /** 0 to 1; the guesses of one answer sum to 1. */
  readonly probability: number;
}

/** @param among the only labels to choose from; those the model has never seen are left out. Likeliest first, equal ones by name */
export function guess(model: BayesModel, tokens: readonly string[], among: readonly string[]): readonly Guess[] {
  const labels = [...new Set(among)].filter((label) => Object.hasOwn(model.labels, label));
  const vocabulary = Object.keys(model.tokens).length;
  const scored = labels.map((label) => {
    const seen = model.labels[label] ?? 0;
    let score = Math.log(seen / Math.max(1, model.examples));
    for (const token of tokens) {
      const counts = Object.hasOwn(model.tokens, token) ? model.tokens[token] : undefined;
      if (counts) score += Math.log(((Object.hasOwn(counts, label) ? (counts[label] ?? 0) : 0) + 1) / (seen + vocabulary));
    }
    return { label, score };
  });
  const top = Math.max(...scored.map(({ score }) => score));
  const whole = scored.reduce((sum, { score }) => sum + Math.exp(score - top), 0);
  return scored
    .map(({ label, score }) => ({ label, probability: Math.exp(score - top) / whole }))
    .toSorted((a, b) => b.probability - a.probability || (a.label < b.label ? -1 : 1));
}

function tallyOf(names: readonly string[]): Map<string, number> {
  const tally = new Map<string, number>();
  for (const name of names) tally.set(name, (tally.get(name) ?? 0) + 1);
  return tally;
}

function most(tally: ReadonlyMap<string, number>, limit: number): Map<string, number> {
  return new Map([...tally].toSorted((a, b) => b[1] - a[1] || byName(a, b)).slice(0, limit));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function recordOf(map: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...map].toSorted(byName));
}
