/**
 * Whether a document is a flow a caller can be sent through, pure. Every fault is found at once, each with its place: shape, unknown
 * nodes, prompts and queues, nodes nobody can reach, and circles in which a caller would be kept without ever being asked.
 */
import { Flow, type FlowNode } from '@keepline/contracts/flow';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { FlowInvalid } from './errors.ts';
import { NODE_SCHEMAS, verbOf } from './verbs/all.ts';
import type { Exit } from './verbs/verb.ts';

/** Nodes of one flow; a menu tree of four levels with all keys used is larger than people can follow. */
export const NODES_MAX = 500;

/** The document with its nodes still unread: a union of schemas reports the faults of its wrong members too. */
const Outline = Type.Object(
  { ...Flow.properties, nodes: Type.Record(Type.String(), Type.Unknown(), { minProperties: 1, maxProperties: NODES_MAX }) },
  { additionalProperties: false },
);
const NAME = /^[a-z][a-z0-9_-]{0,47}$/;
const DIGIT = /^[0-9*#]$/;

/**
 * The flow with its defaults filled in. The document given is left as it is.
 * @param name how messages call the document
 * @param queues names of the site's queues
 * @param hooks names of the hooks that take secrets
 * @throws FlowInvalid with all faults
 */
export function checkFlow(document: unknown, name: string, queues: readonly string[], hooks: readonly string[] = []): Flow {
  const faults: string[] = [];
  const outline: unknown = Value.Clone(document);
  if (!Value.Check(Outline, outline)) {
    faults.push(...faultsOf(Outline, outline, ''));
    throw new FlowInvalid(name, faults);
  }
  const nodes = readNodes(outline.nodes, faults);
  for (const prompt of Object.keys(outline.prompts))
    if (!NAME.test(prompt)) faults.push(`/prompts/${prompt} is not a name (a-z, 0-9, - and _)`);
  faults.push(...linkFaults(outline, nodes, queues, hooks));
  if (faults.length > 0) throw new FlowInvalid(name, faults);
  return { ...outline, nodes: Object.fromEntries(nodes) };
}

/** The nodes that fit the schema of their verb; the faults of the others are added to `faults`. */
function readNodes(raw: Readonly<Record<string, unknown>>, faults: string[]): Map<string, FlowNode> {
  const nodes = new Map<string, FlowNode>();
  for (const [name, document] of Object.entries(raw)) {
    const place = `/nodes/${name}`;
    if (!NAME.test(name)) faults.push(`${place} is not a name (a-z, 0-9, - and _)`);
    const verb = verbNamed(document);
    if (!verb) {
      faults.push(`${place}/do must be one of ${Object.keys(NODE_SCHEMAS).join(', ')}`);
      continue;
    }
    const schema = NODE_SCHEMAS[verb];
    const node = Value.Default(schema, document);
    if (Value.Check(schema, node)) nodes.set(name, node);
    else faults.push(...faultsOf(schema, node, place));
  }
  return nodes;
}

function verbNamed(document: unknown): keyof typeof NODE_SCHEMAS | undefined {
  const word = typeof document === 'object' && document !== null && 'do' in document ? document.do : undefined;
  return word === 'play' || word === 'menu' || word === 'secret' || word === 'enqueue' || word === 'callback' || word === 'hangup'
    ? word
    : undefined;
}

function faultsOf(schema: TSchema, value: unknown, place: string): string[] {
  return Value.Errors(schema, value)
    .filter((fault) => fault.keyword !== 'boolean') // "schema is false" only repeats additionalProperties
    .map((fault) => `${place}${fault.instancePath || (place === '' ? '/' : '')} ${fault.message}${extras(fault.params)}`);
}

function extras(params: object): string {
  const names = Object.values(params).find((value): value is string[] => Array.isArray(value));
  return names ? `: ${names.join(', ')}` : '';
}

function linkFaults(
  outline: Static<typeof Outline>,
  nodes: ReadonlyMap<string, FlowNode>,
  queues: readonly string[],
  hooks: readonly string[],
): string[] {
  const faults: string[] = [];
  const written = new Set(Object.keys(outline.nodes));
  const exits = new Map<string, readonly Exit[]>();
  if (!written.has(outline.start)) faults.push(`/start names the node ${outline.start}, which is not there`);
  for (const [name, node] of nodes) {
    const verb = verbOf(name, node);
    exits.set(name, verb.exits);
    for (const exit of verb.exits) {
      if (!written.has(exit.to)) faults.push(`/nodes/${name}/${exit.as} names the node ${exit.to}, which is not there`);
    }
    for (const prompt of verb.prompts) {
      if (!Object.hasOwn(outline.prompts, prompt)) faults.push(`/nodes/${name} plays ${prompt}, which has no text in /prompts`);
    }
    if ((node.do === 'enqueue' || node.do === 'callback') && !queues.includes(node.queue))
      faults.push(`/nodes/${name}/queue names ${node.queue}, which is no queue of the site`);
    if (node.do === 'secret' && !hooks.includes(node.hook))
      faults.push(`/nodes/${name}/hook names ${node.hook}, which is none of secretHooks`);
    if (node.do === 'secret' && node.maxDigits < node.minDigits) faults.push(`/nodes/${name}/maxDigits is less than minDigits`);
    if (node.do === 'menu') faults.push(...menuFaults(name, node));
  }
  if (nodes.size === written.size) {
    const reached = reachable(outline.start, exits);
    for (const name of written) if (!reached.has(name)) faults.push(`/nodes/${name} cannot be reached from ${outline.start}`);
  }
  for (const circle of circlesWithoutChoice(exits))
    faults.push(`/nodes/${circle[0]} leads back to itself without asking the caller: ${circle.join(' → ')}`);
  return faults;
}

function menuFaults(name: string, node: Extract<FlowNode, { do: 'menu' }>): string[] {
  const digits = Object.keys(node.choices);
  const faults = digits.filter((digit) => !DIGIT.test(digit)).map((digit) => `/nodes/${name}/choices/${digit} is not a key (0-9, * or #)`);
  if (digits.length === 0) faults.push(`/nodes/${name}/choices offers nothing`);
  return faults;
}

function reachable(start: string, exits: ReadonlyMap<string, readonly Exit[]>): Set<string> {
  const reached = new Set<string>();
  const ahead = [start];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const exit of exits.get(name) ?? []) ahead.push(exit.to);
  }
  return reached;
}

/** Each node has at most one exit it takes by itself, so a circle of those is found by walking until a name comes back. */
function circlesWithoutChoice(exits: ReadonlyMap<string, readonly Exit[]>): string[][] {
  const circles: string[][] = [];
  const walked = new Set<string>();
  for (const start of exits.keys()) {
    const path: string[] = [];
    for (let name: string | undefined = start; name !== undefined && !walked.has(name); name = onward(exits.get(name))) {
      walked.add(name);
      path.push(name);
      const next = onward(exits.get(name));
      if (next !== undefined && path.includes(next)) circles.push([...path.slice(path.indexOf(next)), next]);
    }
  }
  return circles;
}

const onward = (exits: readonly Exit[] = []): string | undefined => exits.find((exit) => exit.by === 'itself')?.to;
