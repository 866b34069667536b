/**
 * An extractive summary: the sentences that stand nearest to what the whole conversation is about, in the order they were said. It quotes and never
 * rephrases, so it cannot say what nobody said. Pure; linear in the conversation but for the sentences kept.
 */
import type { Turn } from '@keepline/contracts/ai-service';
import { likeness, pairsOf, sentencesOf } from './sentences.ts';

/** Sentences of greeting and courtesy tell nothing of the matter. */
const COURTESY =
  /^(喂|您好|你好|嗯|好的?|谢谢|不客气|再见|请问有什么(可以|能)帮|很高兴为您|感谢(您的)?来电|hello|hi\b|good (morning|afternoon|evening)|thank|bye|goodbye|ok\b|okay|how (can|may) i help)/iu;
/** A sentence so like one already chosen adds nothing. */
const SAME = 0.7;
const SHORTEST = 4;

export function extract(turns: readonly Turn[], maxChars: number): string {
  const all = turns.flatMap(({ speaker, text }) => sentencesOf(text).map((sentence) => ({ speaker, sentence })));
  const telling = all.filter(({ sentence }) => Array.from(sentence).length >= SHORTEST && !COURTESY.test(sentence));
  const whole = pairsOf(all.map(({ sentence }) => sentence).join('\n'));
  const scored = (telling.length === 0 ? all : telling).map(({ speaker, sentence }, at) => {
    const pairs = pairsOf(sentence);
    // The caller says what it is about, and says it early.
    const score = likeness(pairs, whole) * (speaker === 'caller' ? 1.2 : 1) * (at < 4 ? 1.15 : 1);
    return { sentence, pairs, score, at };
  });
  const chosen: typeof scored = [];
  let length = 0;
  for (const one of scored.toSorted((a, b) => b.score - a.score || a.at - b.at)) {
    const room = maxChars - length - (chosen.length > 0 ? 1 : 0);
    if (one.sentence.length > room || chosen.some(({ pairs }) => likeness(pairs, one.pairs) > SAME)) continue;
    chosen.push(one);
    length += one.sentence.length + (chosen.length > 1 ? 1 : 0);
  }
  if (chosen.length > 0)
    return chosen
      .toSorted((a, b) => a.at - b.at)
      .map(({ sentence }) => sentence)
      .join(' ');
  // Every sentence is longer than the room: the beginning of the likeliest one.
  return cut(scored.toSorted((a, b) => b.score - a.score || a.at - b.at)[0]?.sentence ?? '…', maxChars);
}

/** Whole characters only. */
function cut(text: string, maxChars: number): string {
  let end = '';
  for (const letter of text) {
    if (end.length + letter.length > maxChars - 1) return `${end}…`;
    end += letter;
  }
  return end;
}
