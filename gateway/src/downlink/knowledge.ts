/** The texts an agent searches at the desk: one snapshot at a time, replaced as a whole. */
import type { KnowledgeSnapshot } from '@keepline/contracts/downlink';
import type { Reader, Tx } from '../store/store.ts';

export interface Found {
  readonly id: string;
  readonly title: string;
  /** A part of the text around the words asked for. */
  readonly excerpt: string;
  readonly language: string;
}

/** Shorter words are no trigram; two-character words are the most common in Chinese, so they are looked for letter by letter. */
const TRIGRAM = /^.{3}/su;
const EXCERPT_TOKENS = 48;
const EXCERPT_CHARACTERS = 120;

export async function replaceKnowledge(tx: Tx, snapshot: KnowledgeSnapshot | undefined): Promise<void> {
  await tx.run('DELETE FROM knowledge');
  for (const { id, language, title, body } of snapshot?.articles ?? [])
    await tx.run('INSERT INTO knowledge (article_id, language, title, body) VALUES (?, ?, ?, ?)', id, language, title, body);
}

/** Articles that hold every word of `query`, best first. @param limit 1 to 50 */
export async function searchKnowledge(reader: Reader, query: string, limit: number): Promise<Found[]> {
  const words = query
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== '')
    .slice(0, 8);
  if (words.length === 0) return [];
  if (words.every((word) => TRIGRAM.test(word))) {
    // Each word as a quoted string: nothing in it is an operator of the query language.
    const match = words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ');
    return await reader.all<Found>(
      `SELECT article_id AS id, title, language, snippet(knowledge, 3, '', '', '…', ${EXCERPT_TOKENS}) AS excerpt
       FROM knowledge WHERE knowledge MATCH ? ORDER BY bm25(knowledge, 0, 0, 4, 1) LIMIT ?`,
      match,
      limit,
    );
  }
  const likes = words.map((word) => `%${word.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`);
  const each = "(title LIKE ? ESCAPE '\\' OR body LIKE ? ESCAPE '\\')";
  const rows = await reader.all<{ id: string; title: string; language: string; body: string }>(
    `SELECT article_id AS id, title, language, body FROM knowledge WHERE ${[...likes].fill(each).join(' AND ')} LIMIT ?`,
    ...likes.flatMap((like) => [like, like]),
    limit,
  );
  return rows.map(({ id, title, language, body }) => ({ id, title, language, excerpt: around(body, words[0] ?? '') }));
}

/** Trigrams of one question; a longer text adds little and costs a look-up each. */
const NEAR_TRIGRAMS = 64;

/**
 * Articles that share most with a text as it is spoken, best first: three characters in common are enough, so that a sentence finds what its words,
 * which Chinese does not separate, are in. @param limit 1 to 50
 */
export async function articlesNear(
  reader: Reader,
  text: string,
  limit: number,
): Promise<Array<{ id: string; title: string; text: string }>> {
  const pieces = text.split(/[^\p{L}\p{N}]+/u).map((piece) => Array.from(piece));
  const trigrams = pieces.flatMap((letters) => letters.slice(2).map((_, i) => letters.slice(i, i + 3).join('')));
  const wanted = [...new Set(trigrams)].slice(0, NEAR_TRIGRAMS);
  if (wanted.length === 0) return [];
  return await reader.all(
    `SELECT article_id AS id, title, substr(body, 1, 2000) AS text FROM knowledge
     WHERE knowledge MATCH ? ORDER BY bm25(knowledge, 0, 0, 4, 1) LIMIT ?`,
    wanted.map((trigram) => `"${trigram}"`).join(' OR '),
    limit,
  );
}

function around(body: string, word: string): string {
  const at = Math.max(0, body.toLowerCase().indexOf(word.toLowerCase()) - EXCERPT_CHARACTERS / 2);
  const part = body.slice(at, at + EXCERPT_CHARACTERS).toWellFormed();
  return `${at > 0 ? '…' : ''}${part}${at + EXCERPT_CHARACTERS < body.length ? '…' : ''}`;
}
