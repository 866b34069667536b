/**
 * What a proposal would change of what is in force, part by part, for the eyes of the person who decides. Pure: each kind is laid out as
 * named parts with a text each, and two layouts are compared.
 */
import type { KnowledgeSnapshot, SkillsTable } from '@keepline/contracts/downlink';
import type { Flow } from '@keepline/contracts/flow';
import type { AgentConfig } from '@keepline/contracts/site-config';
import { skillsUnder } from './permit.ts';

export interface Change {
  /** Name of the part, such as `nodes.menu` or an agent. */
  readonly what: string;
  /** Null: the part is new. */
  readonly before: string | null;
  /** Null: the part goes. */
  readonly after: string | null;
}
export type Layout = ReadonlyMap<string, string>;

/** Changes that are listed; the rest is counted. */
export const CHANGES_MAX = 500;
/** Characters of a part that are shown. */
const TEXT_MAX = 2000;

/** Changed and new parts in the order of the proposal, then those that go. */
export function changesBetween(before: Layout, after: Layout): { readonly changes: readonly Change[]; readonly more: number } {
  const all: Change[] = [];
  for (const [what, text] of after) if (before.get(what) !== text) all.push({ what, before: shown(before.get(what)), after: shown(text) });
  for (const [what, text] of before) if (!after.has(what)) all.push({ what, before: shown(text), after: null });
  return { changes: all.slice(0, CHANGES_MAX), more: Math.max(0, all.length - CHANGES_MAX) };
}

export function layoutOfFlow({ start, language, nodes, prompts }: Flow): Layout {
  return new Map([
    ['start', start],
    ['language', language],
    ...Object.entries(nodes).map(([name, node]) => [`nodes.${name}`, JSON.stringify(node)] as const),
    ...Object.entries(prompts).map(([name, { zh, en }]) => [`prompts.${name}`, `${zh}\n${en}`] as const),
  ]);
}

/** Skills of every agent under this table; of the site file without one. */
export function layoutOfSkills(table: SkillsTable | undefined, agents: readonly AgentConfig[]): Layout {
  return new Map([...skillsUnder(table, agents)].map(([id, skills]) => [id, skills.join(', ')]));
}

export function layoutOfKnowledge(snapshot: KnowledgeSnapshot | undefined): Layout {
  return new Map(snapshot?.articles.map(({ id, language, title, body }) => [`${id} (${language})`, `${title}\n${body}`]));
}

function shown(text: string | undefined): string | null {
  if (text === undefined) return null;
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX).toWellFormed()}…` : text;
}
