/**
 * What a proposal may name, pure. A flow: queues and secret hooks of this site, never an address. A skills table: skills the site knows, of agents it
 * has. Never an agent, never a queue.
 */
import type { SkillsTable } from '@keepline/contracts/downlink';
import type { Flow } from '@keepline/contracts/flow';
import type { AgentConfig, SiteConfig } from '@keepline/contracts/site-config';
import { checkFlow } from '../ivr/flow-check.ts';

/** @param name how messages call the document @throws FlowInvalid with all faults */
export function checkSuggestedFlow(document: unknown, name: string, site: Pick<SiteConfig, 'queues' | 'secretHooks'>): Flow {
  const nameOf = (one: { readonly name: string }): string => one.name;
  return checkFlow(document, name, site.queues.map(nameOf), site.secretHooks.map(nameOf));
}

/** Faults that are listed; more say nothing new. */
const FAULTS_MAX = 10;

/** @returns what the table asks for that the site does not permit; empty when it may be applied */
export function skillFaults(table: SkillsTable, agents: readonly AgentConfig[]): readonly string[] {
  const ids = new Set(agents.map((agent) => agent.id));
  const skills = new Set(agents.flatMap((agent) => agent.skills));
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const row of table.agents) {
    if (!ids.has(row.id)) faults.push(`${row.id} is no agent of this site`);
    if (seen.has(row.id)) faults.push(`${row.id} is named twice`);
    seen.add(row.id);
    for (const skill of row.skills) if (!skills.has(skill)) faults.push(`${skill} is no skill of this site`);
  }
  return [...new Set(faults)].slice(0, FAULTS_MAX);
}

/** Skills of every agent while this table is in force; without one, those of the site file. */
export function skillsUnder(table: SkillsTable | undefined, agents: readonly AgentConfig[]): ReadonlyMap<string, readonly string[]> {
  const given = new Map(table?.agents.map((row) => [row.id, row.skills] as const));
  return new Map(agents.map((agent) => [agent.id, given.get(agent.id) ?? agent.skills]));
}
