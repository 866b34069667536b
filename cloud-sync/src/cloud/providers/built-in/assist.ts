/** Which candidates fit an utterance: cosine over pairs of characters, a pair that stands in many candidates counting less. Pure. */
import type { AssistAnswer, AssistRequest } from '@keepline/contracts/assist';
import { likeness, pairsOf } from './sentences.ts';

const BEST = 5;
/** Below this likeness a suggestion would only be in the way. */
const LEAST = 0.08;

export function suggestions({ utterance, candidates }: AssistRequest): AssistAnswer['suggestions'] {
  const said = pairsOf(utterance);
  const read = candidates.map((candidate) => ({
    candidate,
    title: pairsOf(candidate.title),
    whole: pairsOf(`${candidate.title}\n${candidate.text}`),
  }));
  const holders = new Map<string, number>();
  for (const { whole } of read) for (const pair of whole.keys()) holders.set(pair, (holders.get(pair) ?? 0) + 1);
  const weight = (pair: string): number => Math.log(1 + read.length / (holders.get(pair) ?? read.length + 1));
  return read
    .map(({ candidate, title, whole }) => ({
      id: candidate.id,
      score: Math.max(likeness(said, title, weight), likeness(said, whole, weight)),
    }))
    .filter(({ score }) => score >= LEAST)
    .toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, BEST)
    .map(({ id, score }) => {
      const rounded = Math.min(1, Math.round(score * 1000) / 1000);
      const percent = Math.round(rounded * 100);
      return {
        id,
        score: rounded,
        reason: { zh: `与客户所说内容的相似度为 ${percent}%。`, en: `${percent} % alike with what the caller said.` },
      };
    });
}
